import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Histogram } from 'prom-client';

/** Seconds; followed logs and long listings are in the last. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** How long this process took to answer, by route; never by path, of which there are as many as there are ids. */
@Injectable()
export class RequestTimes {
  readonly histogram = new Histogram({
    name: 'meridian_api_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers: [],
  });
}

export const timeRequests =
  ({ histogram }: RequestTimes) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const end = histogram.startTimer();
    response.on('close', () => {
      const { path: route = 'none' } = (request.route ?? {}) as { path?: string };
      end({ method: request.method, route, status: response.statusCode });
    });
    next();
  };
