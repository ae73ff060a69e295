import { DomainError } from '@meridian/core';
import { findApiToken, touchApiToken, type FoundApiToken } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { bearerToken, hashApiToken } from './api-token.js';
import type { Caller } from './caller.js';
import { ROLES } from './roles.js';

/** How long a token is believed without asking again: a revocation takes effect within this time, everywhere. */
const BELIEVED_MS = 2000;
const TOUCH_EVERY_MS = 60_000;

interface Known {
  readonly token: FoundApiToken;
  readonly askedAtMs: number;
}

const REFUSALS = {
  missing: { kind: 'unauthenticated', code: 'auth.token_missing', message: 'This route needs a token.' },
  unknown: { kind: 'unauthenticated', code: 'auth.token_unknown', message: 'This token is not known here.' },
  revoked: { kind: 'unauthenticated', code: 'auth.token_revoked', message: 'This token was revoked.' },
  expired: { kind: 'unauthenticated', code: 'auth.token_expired', message: 'This token has expired.' },
} as const;

const refusal = (why: keyof typeof REFUSALS): DomainError =>
  new DomainError({
    ...REFUSALS[why],
    action: 'Send `Authorization: Bearer mrd_…`; an admin makes tokens with POST /api/v1/tokens.',
  });

/** Finds out who sends a request. Only hashes of tokens are kept, here and in the database. */
@Injectable()
export class TokenLookup {
  private readonly known = new Map<string, Known>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * The caller behind an `Authorization` header.
   *
   * @throws DomainError `auth.token_missing`, `auth.token_unknown`, `auth.token_revoked` or `auth.token_expired`.
   */
  async callerOf(header: string | undefined, now: Date): Promise<Caller> {
    if (header === undefined) throw refusal('missing');
    const secret = bearerToken(header);
    const token = secret === null ? undefined : await this.find(hashApiToken(secret), now);
    if (token === undefined) throw refusal('unknown');
    if (token.revokedAt !== null) throw refusal('revoked');
    if (token.expiresAt !== null && token.expiresAt <= now) throw refusal('expired');
    const role = ROLES.find((one) => one === token.role);
    // A role that a newer version made.
    if (role === undefined) throw refusal('unknown');
    return { tokenId: token.id, name: token.name, role };
  }

  private async find(hash: string, now: Date): Promise<FoundApiToken | undefined> {
    const known = this.known.get(hash);
    if (known !== undefined && now.getTime() - known.askedAtMs < BELIEVED_MS) return known.token;
    const token = await findApiToken(this.dataSource.manager, hash);
    if (token === undefined) {
      this.known.delete(hash);
      return undefined;
    }
    this.known.set(hash, { token, askedAtMs: now.getTime() });
    const isDue = token.lastUsedAt === null || now.getTime() - token.lastUsedAt.getTime() > TOUCH_EVERY_MS;
    if (isDue && token.revokedAt === null) await touchApiToken(this.dataSource.manager, token.id);
    return token;
  }
}
