import { findBreaker, listBreakers, resetBreaker, type BreakerRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import { BreakerResponse } from './breaker.response.js';
import type { BreakersQueryDto } from './dto/breakers-query.dto.js';

@Injectable()
export class BreakersService {
  constructor(private readonly dataSource: DataSource) {}

  list(query: BreakersQueryDto): Listing<BreakerRow, BreakerResponse> {
    const states = query.state === undefined ? {} : { states: [query.state] };
    return listingById({
      query,
      fetch: ({ after, limit }) => listBreakers(this.dataSource.manager, { ...states, after, limit }),
      present: (row) => BreakerResponse.from(row),
    });
  }

  show(id: number): Promise<BreakerRow> {
    return find(this.dataSource.manager, id);
  }

  async reset(change: Change, id: number): Promise<BreakerRow> {
    const before = await find(change.manager, id);
    const isReset = await resetBreaker(change.manager, { id, actor: change.actor });
    const after = await find(change.manager, id);
    if (!isReset) change.changedNothing();
    else {
      await change.audit({
        action: 'breaker.reset',
        target: `breaker:${id}`,
        before: BreakerResponse.from(before),
        after: BreakerResponse.from(after),
      });
    }
    return after;
  }
}

async function find(manager: EntityManager, id: number): Promise<BreakerRow> {
  const breaker = await findBreaker(manager, id);
  if (breaker === undefined) throw notFound('breaker', id);
  return breaker;
}
