import { Observatory } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateObservatoryDto } from './dto/create-observatory.dto.js';
import { ObservatoryResponse } from './observatory.response.js';

@Injectable()
export class ObservatoriesService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateObservatoryDto): Promise<Observatory> {
    const observatories = change.manager.getRepository(Observatory);
    const row = { name: request.name, description: request.description ?? '' };
    const { id } = await observatories
      .insert(row)
      .then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await observatories.findOneOrFail({ where: { id } });
    await change.audit({
      action: 'observatory.create',
      target: `observatory:${created.name}`,
      after: ObservatoryResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<Observatory, ObservatoryResponse> {
    const observatories = this.dataSource.getRepository(Observatory);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        observatories.find({ where: { id: MoreThan(after ?? 0) }, order: { id: 'ASC' }, take: limit }),
      present: (observatory) => ObservatoryResponse.from(observatory),
    });
  }

  show(idOrName: string): Promise<Observatory> {
    return findByIdOrName(this.dataSource.getRepository(Observatory), 'observatory', idOrName);
  }
}
