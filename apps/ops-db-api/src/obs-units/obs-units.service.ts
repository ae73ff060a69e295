import { Instrument, ObsUnit, ObservingProgram, Source } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName, findReferenced } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateObsUnitDto } from './dto/create-obs-unit.dto.js';
import { ObsUnitResponse } from './obs-unit.response.js';

/** What its answer shows of others. */
const RELATIONS = { observingProgram: true, source: true, instrument: true } as const;

@Injectable()
export class ObsUnitsService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateObsUnitDto): Promise<ObsUnit> {
    const obsUnits = change.manager.getRepository(ObsUnit);
    const row = {
      name: request.name,
      ...(await this.references(change, request)),
      line: request.line ?? null,
      metadata: request.metadata ?? {},
    };
    const { id } = await obsUnits.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await obsUnits.findOneOrFail({ where: { id }, relations: RELATIONS });
    await change.audit({
      action: 'obs_unit.create',
      target: `obs_unit:${created.name}`,
      after: ObsUnitResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<ObsUnit, ObsUnitResponse> {
    const obsUnits = this.dataSource.getRepository(ObsUnit);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        obsUnits.find({
          where: { id: MoreThan(after ?? 0) },
          order: { id: 'ASC' },
          take: limit,
          relations: RELATIONS,
        }),
      present: (unit) => ObsUnitResponse.from(unit),
    });
  }

  show(idOrName: string): Promise<ObsUnit> {
    return findByIdOrName(this.dataSource.getRepository(ObsUnit), 'obs_unit', idOrName, RELATIONS);
  }

  private async references(
    { manager }: Change,
    request: CreateObsUnitDto,
  ): Promise<Pick<ObsUnit, 'observingProgram' | 'source' | 'instrument'>> {
    const { observing_program: program, source, instrument } = request;
    return {
      observingProgram: await findReferenced(manager.getRepository(ObservingProgram), {
        noun: 'observing_program',
        name: program,
        path: '/observing_program',
      }),
      source: await findReferenced(manager.getRepository(Source), {
        noun: 'source',
        name: source,
        path: '/source',
      }),
      instrument:
        instrument === undefined
          ? null
          : await findReferenced(manager.getRepository(Instrument), {
              noun: 'instrument',
              name: instrument,
              path: '/instrument',
            }),
    };
  }
}
