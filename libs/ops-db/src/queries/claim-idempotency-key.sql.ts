import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export interface IdempotencyClaim {
  readonly tokenId: number;
  readonly key: string;
  readonly requestHash: string;
}

export interface StoredIdempotentResponse {
  readonly requestHash: string;
  readonly status: number | null;
  readonly response: unknown;
}

/**
 * Claims a key for this transaction (undefined), or gives what was stored under it.
 *
 * A key that another transaction holds makes this one wait until that one ends: concurrent duplicates run one after
 * the other, and all but the first find the first one's answer.
 */
export async function claimIdempotencyKey(
  manager: EntityManager,
  claim: IdempotencyClaim,
): Promise<StoredIdempotentResponse | undefined> {
  const claimed = await queryRow(
    manager,
    sql`
    INSERT INTO idempotency_key (token_id, key, request_hash)
    VALUES (${claim.tokenId}, ${claim.key}, ${claim.requestHash})
    ON CONFLICT (token_id, key) DO NOTHING
    RETURNING key
  `,
  );
  if (claimed !== undefined) return undefined;
  return queryRow<StoredIdempotentResponse>(
    manager,
    sql`
    SELECT request_hash AS "requestHash", status, response
    FROM idempotency_key
    WHERE token_id = ${claim.tokenId} AND key = ${claim.key}
  `,
  );
}

/** Keeps the answer to a claimed key; call it in the transaction that claimed it. */
export async function storeIdempotentResponse(
  manager: EntityManager,
  claim: Pick<IdempotencyClaim, 'tokenId' | 'key'>,
  answer: { readonly status: number; readonly body: unknown },
): Promise<void> {
  const body = answer.body === undefined ? null : JSON.stringify(answer.body);
  await queryRows(
    manager,
    sql`
    UPDATE idempotency_key
    SET status = ${answer.status}, response = ${body}::jsonb
    WHERE token_id = ${claim.tokenId} AND key = ${claim.key}
  `,
  );
}

/** Forgets answers older than `hours`; a key is free again afterwards. */
export async function forgetIdempotencyKeys(manager: EntityManager, hours: number): Promise<void> {
  await queryRows(
    manager,
    sql`DELETE FROM idempotency_key WHERE created_at < now() - make_interval(hours => ${hours})`,
  );
}
