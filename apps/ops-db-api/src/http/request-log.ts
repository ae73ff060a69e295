import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import type { RequestTimes } from '../metrics/request-times.js';
import type { ApiRequest } from './api-request.js';

const CALLERS_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Names each request, and logs one line and notes its time when it ends.
 *
 * The path is logged without its query, and no header is: nothing that a caller sends as a secret can get there.
 */
export const requestLog =
  (log: Logger, times: RequestTimes) =>
  (incoming: Request, response: Response, next: NextFunction): void => {
    const request = incoming as ApiRequest;
    const startedAt = process.hrtime.bigint();
    const callersId = request.header('x-request-id');
    request.requestId = callersId !== undefined && CALLERS_ID.test(callersId) ? callersId : randomUUID();
    response.setHeader('X-Request-Id', request.requestId);
    const { path } = request;
    response.on('close', () => {
      const ms = Number((process.hrtime.bigint() - startedAt) / 1000n) / 1000;
      times.observe(request, response, ms / 1000);
      log.info({
        request_id: request.requestId,
        method: request.method,
        path,
        status: response.statusCode,
        complete: response.writableFinished,
        ms,
        caller: request.caller?.name,
      });
    });
    next();
  };
