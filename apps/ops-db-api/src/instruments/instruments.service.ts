import { Instrument, Telescope } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName, findReferenced } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateInstrumentDto } from './dto/create-instrument.dto.js';
import { InstrumentResponse } from './instrument.response.js';

/** What its answer shows of others. */
const RELATIONS = { telescope: true } as const;

@Injectable()
export class InstrumentsService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateInstrumentDto): Promise<Instrument> {
    const instruments = change.manager.getRepository(Instrument);
    const reference = { noun: 'telescope', name: request.telescope, path: '/telescope' };
    const telescope = await findReferenced(change.manager.getRepository(Telescope), reference);
    const row = {
      telescope,
      name: request.name,
      description: request.description ?? '',
      available: request.available ?? true,
    };
    const { id } = await instruments.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await instruments.findOneOrFail({ where: { id }, relations: RELATIONS });
    await change.audit({
      action: 'instrument.create',
      target: `instrument:${created.name}`,
      after: InstrumentResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<Instrument, InstrumentResponse> {
    const instruments = this.dataSource.getRepository(Instrument);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        instruments.find({
          where: { id: MoreThan(after ?? 0) },
          order: { id: 'ASC' },
          take: limit,
          relations: RELATIONS,
        }),
      present: (instrument) => InstrumentResponse.from(instrument),
    });
  }

  show(idOrName: string): Promise<Instrument> {
    return findByIdOrName(this.dataSource.getRepository(Instrument), 'instrument', idOrName, RELATIONS);
  }
}
