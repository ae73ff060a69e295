import {
  countGaps,
  databaseTime,
  explainGap,
  findGap,
  listGaps,
  waiveSubGroup,
  type GapCount,
  type GapRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import type { QueryWithDims } from '../paging/dims-query.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { GapsQueryDto } from './dto/gaps.dto.js';
import { GapExplanationResponse } from './explanation.response.js';
import { GapResponse } from './gap.response.js';

/** The one answer to "what is missing, and why?": the table that the trigger-manager keeps and fires from. */
@Injectable()
export class GapsService {
  constructor(private readonly dataSource: DataSource) {}

  list({ query, dims }: QueryWithDims<GapsQueryDto>): Listing<GapRow, GapResponse> {
    const { pipeline = null, step = null, state = null } = query;
    return listingById({
      query,
      fetch: (page) => listGaps(this.dataSource.manager, { pipeline, step, state, dims, ...page }),
      present: (row) => GapResponse.from(row),
    });
  }

  summary(pipeline: string | null): Promise<GapCount[]> {
    return countGaps(this.dataSource.manager, pipeline);
  }

  show(subGroupId: number): Promise<GapRow> {
    return stored(this.dataSource.manager, subGroupId);
  }

  /** One snapshot: what is compared belongs together, whoever evaluates meanwhile. */
  explain(subGroupId: number): Promise<GapExplanationResponse> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const now = await databaseTime(manager);
      const evidence = await explainGap(manager, subGroupId, now);
      if (evidence === undefined) throw notFound('sub_group', subGroupId);
      return GapExplanationResponse.from(evidence, now);
    });
  }

  /** The state follows at the next evaluation. */
  async waive(change: Change, subGroupId: number, reason: string): Promise<GapRow> {
    const waiver = { by: change.actor, reason };
    if (!(await waiveSubGroup(change.manager, { subGroupId, waiver })))
      throw notFound('sub_group', subGroupId);
    await change.audit({ action: 'sub_group.waive', target: `sub_group:${subGroupId}`, after: waiver });
    return stored(change.manager, subGroupId);
  }

  async takeBackWaiver(change: Change, subGroupId: number): Promise<void> {
    if (!(await waiveSubGroup(change.manager, { subGroupId, waiver: null })))
      throw notFound('sub_group', subGroupId);
    await change.audit({ action: 'sub_group.unwaive', target: `sub_group:${subGroupId}` });
  }
}

async function stored(manager: EntityManager, subGroupId: number): Promise<GapRow> {
  const row = await findGap(manager, subGroupId);
  if (row === undefined) throw notFound('sub_group', subGroupId);
  return row;
}
