import { ApiToken } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { hashApiToken, prefixOf } from './api-token.js';
import type { Role } from './roles.js';

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly secret: string;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

/** Stores a token's hash; the secret itself stays with the caller. */
export async function insertToken(
  manager: EntityManager,
  { name, role, secret, createdBy, expiresAt }: NewToken,
): Promise<ApiToken> {
  const repository = manager.getRepository(ApiToken);
  return repository.save(
    repository.create({
      name,
      role,
      tokenHash: hashApiToken(secret),
      prefix: prefixOf(secret),
      createdBy,
      expiresAt,
    }),
  );
}
