import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainError, type DomainErrorKind } from '@meridian/core';
import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiRequest } from './api-request.js';
import { domainErrorOf } from './constraint-errors.js';
import type { ProblemDocument } from './problem-document.js';

const STATUS_OF_KIND: Record<DomainErrorKind, number> = {
  invalid: 422,
  not_found: 404,
  conflict: 409,
  forbidden: 403,
  unauthenticated: 401,
  unavailable: 503,
};

/** What the framework itself refuses, by status. */
const FRAMEWORK_PROBLEMS: Readonly<Record<number, Pick<ProblemDocument, 'code' | 'detail' | 'action'>>> = {
  400: {
    code: 'request.malformed',
    detail: 'The request cannot be read.',
    action: 'Send valid JSON with Content-Type: application/json.',
  },
  404: {
    code: 'route.not_found',
    detail: 'There is no such route.',
    action: 'See /api/docs for every route.',
  },
  405: {
    code: 'route.method_not_allowed',
    detail: 'This route has no such method.',
    action: 'See /api/docs for every route.',
  },
  412: {
    code: 'request.precondition_failed',
    detail: 'Somebody else changed this meanwhile.',
    action: 'Read it again, and send its new ETag as If-Match.',
  },
  413: {
    code: 'request.too_large',
    detail: 'The request body is too large.',
    action: 'Send fewer rows per request.',
  },
  415: {
    code: 'request.unsupported_media_type',
    detail: 'This content type is not understood.',
    action: 'Send application/json in UTF-8.',
  },
  429: {
    code: 'request.rate_limited',
    detail: 'This token sends too many requests.',
    action: 'Wait for the seconds in Retry-After; use the bulk routes.',
  },
};

type Answer = Omit<ProblemDocument, 'type' | 'title' | 'request_id'>;

/** Every failure becomes an RFC 9457 document; one that nobody foresaw says nothing but the request id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<ApiRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const answer = answerTo(error);
    if (answer.status >= 500) this.log.error({ err: error, request_id: request.requestId }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (answer.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="meridian"');
    if (answer.status === 503) response.setHeader('Retry-After', '2');
    const document: ProblemDocument = {
      type: `urn:meridian:problem:${answer.code}`,
      title: STATUS_CODES[answer.status] ?? 'Error',
      ...answer,
      request_id: request.requestId,
    };
    response.status(answer.status).type('application/problem+json').send(JSON.stringify(document));
  }
}

function answerTo(error: unknown): Answer {
  const domainError = error instanceof DomainError ? error : domainErrorOf(error);
  if (domainError !== null) {
    const { code, action, problems, message } = domainError;
    return { status: STATUS_OF_KIND[domainError.kind], code, detail: message, action, problems };
  }
  const status = statusOf(error);
  const known = FRAMEWORK_PROBLEMS[status];
  if (known !== undefined) return { status, ...known, problems: [] };
  return {
    status: 500,
    code: 'internal',
    detail: 'Something went wrong on our side.',
    action: 'Report the request_id to the operators: the log has the cause under it.',
    problems: [],
  };
}

/** The status that Nest or Express's own middleware (body parser, router) gave an error. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number')
    return error.status;
  return 500;
}
