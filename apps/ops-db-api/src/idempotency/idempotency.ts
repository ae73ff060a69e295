import { createHash } from 'node:crypto';
import { canonicalJson, DomainError, type Json } from '@meridian/core';
import { claimIdempotencyKey, storeIdempotentResponse } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import type { ApiRequest } from '../http/api-request.js';

/** One `Idempotency-Key` of one token, and the hash of what it was sent with. */
export interface IdempotencyKey {
  readonly tokenId: number;
  readonly key: string;
  readonly requestHash: string;
}

export interface StoredResponse {
  readonly status: number;
  readonly body: unknown;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The key of a POST that carries one; null otherwise. */
export function readIdempotencyKey(request: ApiRequest, caller: Caller): IdempotencyKey | null {
  const key = request.header('idempotency-key');
  if (key === undefined || request.method !== 'POST') return null;
  if (!KEY.test(key)) {
    throw new DomainError({
      kind: 'invalid',
      code: 'idempotency.bad_key',
      message: 'An Idempotency-Key is 1 to 255 visible ASCII characters.',
      action: 'Send a UUID as the Idempotency-Key.',
    });
  }
  const body = canonicalJson((request.body ?? null) as Json);
  const requestHash = createHash('sha256').update(`${request.originalUrl}\n${body}`).digest('hex');
  return { tokenId: caller.tokenId, key, requestHash };
}

/**
 * The answer given to this key before, or null after claiming the key for this transaction.
 *
 * A second request with the same key waits here until the first one commits or rolls back. A request that failed
 * leaves no record, so it may be sent again under its key.
 *
 * @throws DomainError `idempotency.key_reused` when the key came with another request before.
 */
export async function replayOrClaim(
  manager: EntityManager,
  key: IdempotencyKey,
): Promise<StoredResponse | null> {
  const stored = await claimIdempotencyKey(manager, key);
  if (stored === undefined) return null;
  if (stored.requestHash !== key.requestHash) {
    throw new DomainError({
      kind: 'conflict',
      code: 'idempotency.key_reused',
      message: 'This Idempotency-Key was used for a different request.',
      action: 'Use a new key for a new request; repeat a request only with exactly the same path and body.',
    });
  }
  return { status: stored.status ?? 200, body: stored.response ?? undefined };
}

/** Keeps the answer for the next request with this key. */
export const rememberResponse = (
  manager: EntityManager,
  key: IdempotencyKey,
  response: StoredResponse,
): Promise<void> => storeIdempotentResponse(manager, key, response);
