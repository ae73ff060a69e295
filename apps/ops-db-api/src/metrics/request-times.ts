import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
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

  /** Notes a request that has ended. */
  observe(request: Request, { statusCode: status }: Response, seconds: number): void {
    const { path: route = 'none' } = (request.route ?? {}) as { path?: string };
    this.histogram.observe({ method: request.method, route, status }, seconds);
  }
}
