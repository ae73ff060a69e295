import { Instrument, InstrumentModule } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findReferenced } from '../http/find-named.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { CreateInstrumentModuleDto } from './dto/create-instrument-module.dto.js';
import type { ListInstrumentModulesDto } from './dto/list-instrument-modules.dto.js';
import { InstrumentModuleResponse } from './instrument-module.response.js';

@Injectable()
export class InstrumentModulesService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateInstrumentModuleDto): Promise<InstrumentModule> {
    const reference = { noun: 'instrument', name: request.instrument, path: '/instrument' };
    const instrument = await findReferenced(change.manager.getRepository(Instrument), reference);
    const modules = change.manager.getRepository(InstrumentModule);
    const row = { instrument, name: request.name, description: request.description ?? '' };
    const { id } = await modules.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await modules.findOneOrFail({ where: { id }, relations: { instrument: true } });
    const after = InstrumentModuleResponse.from(created);
    await change.audit({
      action: 'instrument_module.create',
      target: `instrument_module:${after.full_name}`,
      after,
    });
    return created;
  }

  list(query: ListInstrumentModulesDto): Listing<InstrumentModule, InstrumentModuleResponse> {
    const modules = this.dataSource.getRepository(InstrumentModule);
    const ofInstrument = query.instrument === undefined ? {} : { instrument: { name: query.instrument } };
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        modules.find({
          where: { id: MoreThan(after ?? 0), ...ofInstrument },
          order: { id: 'ASC' },
          take: limit,
          relations: { instrument: true },
        }),
      present: (module) => InstrumentModuleResponse.from(module),
    });
  }

  async show(id: number): Promise<InstrumentModule> {
    const modules = this.dataSource.getRepository(InstrumentModule);
    const found = await modules.findOne({ where: { id }, relations: { instrument: true } });
    if (found === null) throw notFound('instrument_module', id);
    return found;
  }
}
