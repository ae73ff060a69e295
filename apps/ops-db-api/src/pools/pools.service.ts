import { findPool, listPools, pausePool, type PoolRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import { PoolResponse } from './pool.response.js';

@Injectable()
export class PoolsService {
  constructor(private readonly dataSource: DataSource) {}

  list(query: PageQuery): Listing<PoolRow, PoolResponse> {
    return listingById({
      query,
      fetch: (page) => listPools(this.dataSource.manager, page),
      present: (row) => PoolResponse.from(row),
    });
  }

  show(name: string): Promise<PoolRow> {
    return find(this.dataSource.manager, name);
  }

  async pause(change: Change, name: string, reason: string | null): Promise<PoolRow> {
    const { id } = await find(change.manager, name);
    const after = { by: change.actor, reason };
    await pausePool(change.manager, id, after);
    await change.audit({ action: 'pool.pause', target: `pool:${name}`, after });
    return find(change.manager, name);
  }

  async resume(change: Change, name: string): Promise<PoolRow> {
    const pool = await find(change.manager, name);
    if (pool.pausedAt === null) {
      change.changedNothing();
      return pool;
    }
    await pausePool(change.manager, pool.id, null);
    const before = { by: pool.pausedBy, reason: pool.pauseReason };
    await change.audit({ action: 'pool.resume', target: `pool:${name}`, before });
    return find(change.manager, name);
  }
}

async function find(manager: EntityManager, name: string): Promise<PoolRow> {
  const pool = await findPool(manager, name);
  if (pool === undefined) throw notFound('pool', name);
  return pool;
}
