import { Observatory, Telescope } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName, findReferenced } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateTelescopeDto } from './dto/create-telescope.dto.js';
import { TelescopeResponse } from './telescope.response.js';

/** What its answer shows of others. */
const RELATIONS = { observatory: true } as const;

@Injectable()
export class TelescopesService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateTelescopeDto): Promise<Telescope> {
    const telescopes = change.manager.getRepository(Telescope);
    const reference = { noun: 'observatory', name: request.observatory, path: '/observatory' };
    const observatory = await findReferenced(change.manager.getRepository(Observatory), reference);
    const row = {
      observatory,
      name: request.name,
      latitudeDeg: request.latitude_deg ?? null,
      longitudeDeg: request.longitude_deg ?? null,
      altitudeM: request.altitude_m ?? null,
    };
    const { id } = await telescopes.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await telescopes.findOneOrFail({ where: { id }, relations: RELATIONS });
    await change.audit({
      action: 'telescope.create',
      target: `telescope:${created.name}`,
      after: TelescopeResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<Telescope, TelescopeResponse> {
    const telescopes = this.dataSource.getRepository(Telescope);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        telescopes.find({
          where: { id: MoreThan(after ?? 0) },
          order: { id: 'ASC' },
          take: limit,
          relations: RELATIONS,
        }),
      present: (telescope) => TelescopeResponse.from(telescope),
    });
  }

  show(idOrName: string): Promise<Telescope> {
    return findByIdOrName(this.dataSource.getRepository(Telescope), 'telescope', idOrName, RELATIONS);
  }
}
