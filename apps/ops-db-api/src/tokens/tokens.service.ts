import { ApiToken } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import { newApiToken } from '../auth/api-token.js';
import { insertToken } from '../auth/insert-token.js';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateTokenDto } from './dto/create-token.dto.js';
import { TokenResponse } from './token.response.js';

@Injectable()
export class TokensService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateTokenDto): Promise<{ token: ApiToken; secret: string }> {
    const secret = newApiToken();
    const { name, role, expires_in_days: days } = request;
    const expiresAt = days === undefined ? null : new Date(Date.now() + days * 86_400_000);
    const inserted = await insertToken(change.manager, {
      name,
      role,
      secret,
      createdBy: change.actor,
      expiresAt,
    });
    const token = await change.manager.getRepository(ApiToken).findOneByOrFail({ id: inserted.id });
    await change.audit({
      action: 'token.create',
      target: `token:${name}`,
      after: { role, expires_at: expiresAt },
    });
    return { token, secret };
  }

  list(query: PageQuery): Listing<ApiToken, TokenResponse> {
    const tokens = this.dataSource.getRepository(ApiToken);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        tokens.find({ where: { id: MoreThan(after ?? 0) }, order: { id: 'ASC' }, take: limit }),
      present: (token) => TokenResponse.from(token),
    });
  }

  async show(id: number): Promise<ApiToken> {
    const token = await this.dataSource.getRepository(ApiToken).findOneBy({ id });
    if (token === null) throw notFound('token', id);
    return token;
  }

  async revoke(change: Change, id: number): Promise<void> {
    const tokens = change.manager.getRepository(ApiToken);
    const token = await tokens.findOneBy({ id });
    if (token === null) throw notFound('token', id);
    if (token.revokedAt !== null) return change.changedNothing();
    const revokedAt = new Date();
    await tokens.update(id, { revokedAt });
    await change.audit({
      action: 'token.revoke',
      target: `token:${token.name}`,
      after: { revoked_at: revokedAt },
    });
  }
}
