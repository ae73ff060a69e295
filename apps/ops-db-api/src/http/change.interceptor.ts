import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DataSource, type EntityManager } from 'typeorm';
import { IdempotencySweep } from '../idempotency/idempotency-sweep.js';
import { readIdempotencyKey, replayOrClaim, rememberResponse } from '../idempotency/idempotency.js';
import type { ApiRequest } from './api-request.js';
import { Change, CHANGES_NOTHING, SECRET_IN_ANSWER } from './change.js';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

interface ChangingRequest {
  readonly request: ApiRequest;
  readonly response: Response;
  readonly next: CallHandler;
  readonly secretField: string | undefined;
}

/**
 * Runs every changing request in one transaction, with its audit entries and its idempotency record.
 *
 * A handler that succeeds without an audit entry is a defect: the change is rolled back and the caller gets a 500.
 */
@Injectable()
export class ChangeInterceptor implements NestInterceptor {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reflector: Reflector,
    private readonly sweep: IdempotencySweep,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const handler = context.getHandler();
    if (
      READING.has(request.method) ||
      this.reflector.get<boolean | undefined>(CHANGES_NOTHING, handler) === true
    ) {
      return next.handle();
    }
    const response = context.switchToHttp().getResponse<Response>();
    const secretField = this.reflector.get<string | undefined>(SECRET_IN_ANSWER, handler);
    return from(this.change({ request, response, next, secretField }));
  }

  private async change(parts: ChangingRequest): Promise<unknown> {
    // Before the transaction: one request must never hold two connections, or the pool can run dry for good.
    if (parts.request.header('idempotency-key') !== undefined) await this.sweep.sweepIfDue(new Date());
    return this.dataSource.transaction((manager) => inChange(manager, parts));
  }
}

async function inChange(
  manager: EntityManager,
  { request, response, next, secretField }: ChangingRequest,
): Promise<unknown> {
  const { caller } = request;
  if (caller === undefined) throw new Error('a changing route must not be public');
  const key = readIdempotencyKey(request, caller);
  if (key !== null) {
    const earlier = await replayOrClaim(manager, key);
    if (earlier !== null) {
      response.setHeader('Idempotency-Replayed', 'true');
      response.status(earlier.status);
      return earlier.body;
    }
  }
  const change = new Change(manager, caller, request.requestId);
  request.change = change;
  const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
  if (!change.isAccountedFor)
    throw new Error(`${request.method} ${request.path} changed something without an audit entry`);
  if (key !== null) {
    const kept = secretField === undefined ? body : { ...(body as object), [secretField]: null };
    await rememberResponse(manager, key, { status: response.statusCode, body: kept });
  }
  return body;
}
