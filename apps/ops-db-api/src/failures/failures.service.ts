import { listFailures, type FailureRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { QueryWithDims } from '../paging/dims-query.js';
import { Listing } from '../paging/listing.js';
import type { FailuresQueryDto } from './dto/failures.dto.js';
import { FailureResponse } from './failure.response.js';

@Injectable()
export class FailuresService {
  constructor(private readonly dataSource: DataSource) {}

  /** Those that nothing has healed since, newest run first. */
  list({ query, dims }: QueryWithDims<FailuresQueryDto>): Listing<FailureRow, FailureResponse> {
    const { pipeline = null, step = null, kind = null } = query;
    return new Listing({
      query,
      fetch: ({ after, limit }) => {
        const before = after === null ? null : { runId: Number(after[0]), itemId: Number(after[1]) };
        return listFailures(this.dataSource.manager, { pipeline, step, kind, dims, before, limit });
      },
      keyOf: ({ runId, itemId }) => [runId, itemId ?? 0],
      keyKinds: ['number', 'number'],
      present: (row) => FailureResponse.from(row),
    });
  }
}
