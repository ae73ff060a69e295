import { DomainError } from '@meridian/core';
import { findItemStep, listItemGaps, retryItems, type ItemGap, type ItemStep } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { Listing } from '../paging/listing.js';
import type { ItemGapsQueryDto, RetryItemsDto } from './dto/item-gaps.dto.js';
import { ItemGapResponse, RetriedItemsResponse } from './item-gap.response.js';

/** What complete runs still owe: items of which they say that they failed, or say nothing. */
@Injectable()
export class ItemGapsService {
  constructor(private readonly dataSource: DataSource) {}

  async list(query: ItemGapsQueryDto): Promise<Listing<ItemGap, ItemGapResponse>> {
    const { manager } = this.dataSource;
    const step = await stepOf(manager, query);
    return new Listing<ItemGap, ItemGapResponse>({
      query,
      fetch: ({ after, limit }) =>
        listItemGaps(manager, {
          stepId: step.id,
          itemIds: null,
          after: after === null ? null : Number(after[0]),
          limit,
        }),
      keyOf: ({ itemId }) => [itemId],
      keyKinds: ['number'],
      present: ItemGapResponse.of(step),
    });
  }

  async retry(change: Change, request: RetryItemsDto): Promise<RetriedItemsResponse> {
    const step = await stepOf(change.manager, request);
    const { classes = null, item_ids: itemIds = null } = request;
    const retried = await retryItems(change.manager, { step, classes, itemIds, now: new Date() });
    const answer = RetriedItemsResponse.from(retried);
    if (retried.items === 0) change.changedNothing();
    else
      await change.audit({
        action: 'items.retry',
        target: `step:${request.pipeline}/${request.step}`,
        after: { classes, item_ids: itemIds, ...answer },
      });
    return answer;
  }
}

async function stepOf(
  manager: EntityManager,
  { pipeline, step }: { pipeline: string; step: string },
): Promise<ItemStep> {
  const found = await findItemStep(manager, { pipeline, step });
  if (found !== undefined) return found;
  throw new DomainError({
    kind: 'not_found',
    code: 'step.not_found',
    message: `There is no step ${JSON.stringify(step)} in a pipeline ${JSON.stringify(pipeline)}.`,
    action: 'List the pipelines and their steps: GET /api/v1/pipelines.',
  });
}
