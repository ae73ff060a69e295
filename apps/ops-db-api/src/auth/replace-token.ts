import { randomUUID } from 'node:crypto';
import { ApiToken, recordAudit } from '@meridian/ops-db';
import { DomainError } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { hashApiToken, prefixOf } from './api-token.js';
import { insertToken, type NewToken } from './insert-token.js';

/**
 * Stores a token from the command line, with its audit entry.
 *
 * With `replace`, a token of the same name gets this secret, role and expiry, and is no longer revoked; the old secret
 * stops working.
 *
 * @throws DomainError `api_token.already_exists` when the name is taken and `replace` is false.
 */
export async function replaceToken(
  manager: EntityManager,
  token: NewToken & { readonly replace: boolean },
): Promise<ApiToken> {
  const repository = manager.getRepository(ApiToken);
  const existing = await repository.findOneBy({ name: token.name });
  if (existing !== null && !token.replace) {
    throw new DomainError({
      kind: 'conflict',
      code: 'api_token.already_exists',
      message: `There is a token ${JSON.stringify(token.name)} already.`,
      action: 'Choose another name, or replace it with --replace.',
    });
  }
  const { name, role, secret, expiresAt } = token;
  const stored =
    existing === null
      ? await insertToken(manager, token)
      : await repository.save({
          ...existing,
          role,
          tokenHash: hashApiToken(secret),
          prefix: prefixOf(secret),
          expiresAt,
          revokedAt: null,
        });
  await recordAudit(manager, {
    actor: token.createdBy,
    action: existing === null ? 'token.create' : 'token.replace',
    target: `token:${name}`,
    before: existing === null ? null : { role: existing.role, expires_at: existing.expiresAt },
    after: { role, expires_at: expiresAt },
    requestId: randomUUID(),
  });
  return stored;
}
