import { ObservingProgram } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateObservingProgramDto } from './dto/create-observing-program.dto.js';
import { ObservingProgramResponse } from './observing-program.response.js';

@Injectable()
export class ObservingProgramsService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateObservingProgramDto): Promise<ObservingProgram> {
    const observingPrograms = change.manager.getRepository(ObservingProgram);
    const row = { name: request.name, title: request.title ?? '', lead: request.lead ?? '' };
    const { id } = await observingPrograms
      .insert(row)
      .then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await observingPrograms.findOneOrFail({ where: { id } });
    await change.audit({
      action: 'observing_program.create',
      target: `observing_program:${created.name}`,
      after: ObservingProgramResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<ObservingProgram, ObservingProgramResponse> {
    const observingPrograms = this.dataSource.getRepository(ObservingProgram);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        observingPrograms.find({ where: { id: MoreThan(after ?? 0) }, order: { id: 'ASC' }, take: limit }),
      present: (program) => ObservingProgramResponse.from(program),
    });
  }

  show(idOrName: string): Promise<ObservingProgram> {
    return findByIdOrName(this.dataSource.getRepository(ObservingProgram), 'observing_program', idOrName);
  }
}
