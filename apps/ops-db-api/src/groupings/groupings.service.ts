import { compileFilter, DomainError, parseFilter, tablesOf } from '@meridian/core';
import {
  closeGrouping,
  findGrouping,
  itemSource,
  listGroupings,
  previewGrouping,
  type GroupingPreview,
  type GroupingRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DefinitionsService } from '../definitions/definitions.service.js';
import type { Change } from '../http/change.js';
import { checkSelection } from '../http/check-selection.js';
import { notFound } from '../http/not-found.js';
import { checkRevision } from '../http/revision.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type {
  CloseGroupingDto,
  CreateGroupingDto,
  PreviewFilterDto,
  UpdateGroupingDto,
} from './dto/grouping.dto.js';
import { GroupingResponse, type GroupingCloseResponse } from './grouping.response.js';

@Injectable()
export class GroupingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly definitions: DefinitionsService,
  ) {}

  async create(change: Change, request: CreateGroupingDto): Promise<GroupingRow> {
    if ((await findGrouping(change.manager, request.name)) !== undefined) throw alreadyExists(request.name);
    await this.definitions.apply(change, { groupings: [{ ...request }] });
    return this.stored(change, request.name);
  }

  /** Pipelines that use it are evaluated anew. */
  async update(
    change: Change,
    name: string,
    request: UpdateGroupingDto,
    ifMatch: string | undefined,
  ): Promise<GroupingRow> {
    // The lock of apply comes too late to compare revisions: take it first.
    await this.definitions.lock(change);
    checkRevision(ifMatch, (await this.stored(change, name)).revision);
    await this.definitions.apply(change, { groupings: [{ ...request, name }] });
    return this.stored(change, name);
  }

  /** Nothing more will come for what is selected; the states follow at the next evaluation. */
  async close(change: Change, name: string, request: CloseGroupingDto): Promise<GroupingCloseResponse> {
    const grouping = await this.stored(change, name);
    const selection = checkSelection(request.selection);
    const { actor } = change;
    const { reason } = request;
    const closed = await closeGrouping(change.manager, { groupingId: grouping.id, selection, actor, reason });
    const after = { selection, reason, sub_groups: closed.subGroups };
    await change.audit({ action: 'grouping.close', target: `grouping:${name}`, after });
    return { id: closed.id, grouping: name, closed_by: actor, closed_at: closed.closedAt, ...after };
  }

  list(query: PageQuery): Listing<GroupingRow, GroupingResponse> {
    return listingById({
      query,
      fetch: (page) => listGroupings(this.dataSource.manager, page),
      present: (row) => GroupingResponse.from(row),
    });
  }

  show(name: string): Promise<GroupingRow> {
    return this.stored({ manager: this.dataSource.manager }, name);
  }

  /** What a first step would take of a grouping with this filter now. */
  preview({ filter, sample }: PreviewFilterDto): Promise<GroupingPreview> {
    const parsed = parseFilter(filter);
    return previewGrouping(this.dataSource.manager, {
      source: itemSource(tablesOf(parsed)),
      filter: compileFilter(parsed, { now: new Date() }),
      sampleSize: sample,
    });
  }

  private async stored({ manager }: Pick<Change, 'manager'>, name: string): Promise<GroupingRow> {
    const grouping = await findGrouping(manager, name);
    if (grouping === undefined) throw notFound('grouping', name);
    return grouping;
  }
}

const alreadyExists = (name: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'grouping.already_exists',
    message: `There is a grouping ${JSON.stringify(name)} already.`,
    action: `Change it with PUT /api/v1/groupings/${encodeURIComponent(name)}, or choose another name.`,
  });
