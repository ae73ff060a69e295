import { Source } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateSourceDto } from './dto/create-source.dto.js';
import { checkWhatItsKindNeeds } from './source-kind.js';
import { SourceResponse } from './source.response.js';

@Injectable()
export class SourcesService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateSourceDto): Promise<Source> {
    const sources = change.manager.getRepository(Source);
    checkWhatItsKindNeeds(request);
    const row = {
      name: request.name,
      kind: request.kind,
      raDeg: request.ra_deg ?? null,
      decDeg: request.dec_deg ?? null,
      naifId: request.naif_id ?? null,
      elevationDeg: request.elevation_deg ?? null,
      metadata: request.metadata ?? {},
    };
    const { id } = await sources.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await sources.findOneOrFail({ where: { id } });
    await change.audit({
      action: 'source.create',
      target: `source:${created.name}`,
      after: SourceResponse.from(created),
    });
    return created;
  }

  list(query: PageQuery): Listing<Source, SourceResponse> {
    const sources = this.dataSource.getRepository(Source);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        sources.find({ where: { id: MoreThan(after ?? 0) }, order: { id: 'ASC' }, take: limit }),
      present: (source) => SourceResponse.from(source),
    });
  }

  show(idOrName: string): Promise<Source> {
    return findByIdOrName(this.dataSource.getRepository(Source), 'source', idOrName);
  }
}
