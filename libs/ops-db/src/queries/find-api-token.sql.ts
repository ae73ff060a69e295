import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export interface FoundApiToken {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** The token with this hash, revoked and expired ones too: what that means is the caller's decision. */
export const findApiToken = (manager: EntityManager, tokenHash: string): Promise<FoundApiToken | undefined> =>
  queryRow<FoundApiToken>(
    manager,
    sql`
    SELECT id, name, role, expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"
    FROM api_token
    WHERE token_hash = ${tokenHash}
  `,
  );

/** Notes that a token was used, at most once a minute however many API processes ask. */
export async function touchApiToken(manager: EntityManager, tokenId: number): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE api_token SET last_used_at = now()
    WHERE id = ${tokenId} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
  `,
  );
}
