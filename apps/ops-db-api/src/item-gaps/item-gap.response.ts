import { isItemRetried, parseRetryPolicy, type RetryPolicy } from '@meridian/core';
import type { ItemGap, ItemStep, RetriedItems } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class PendingItemResponse {
  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty()
  state!: string;
}

export class ItemGapResponse {
  @ApiProperty()
  item_id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty({ enum: ['failed', 'missing'], description: 'missing: the program said nothing of it.' })
  outcome!: string;

  @ApiProperty({ description: "In the program's words; empty without." })
  failure_class!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty({ description: 'The newest completed run that took it.' })
  run_id!: number;

  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty({ description: 'Whether it is tried again when nobody names its class.' })
  is_retried!: boolean;

  @ApiProperty({
    type: PendingItemResponse,
    nullable: true,
    description: 'A sub-group that has it and is not settled; while there is one it is left alone.',
  })
  pending!: PendingItemResponse | null;

  static of({ retry }: ItemStep): (gap: ItemGap) => ItemGapResponse {
    const policy: RetryPolicy = parseRetryPolicy(retry);
    return ({ itemId, name, dims, outcome, failureClass, reason, runId, subGroupId, pending }) => ({
      ...{ item_id: itemId, name, dims, outcome, failure_class: failureClass, reason },
      ...{ run_id: runId, sub_group_id: subGroupId, pending },
      is_retried: isItemRetried(failureClass, policy),
    });
  }
}

export class RetriedItemsResponse {
  @ApiProperty({ description: 'Items that will be processed again.' })
  items!: number;

  @ApiProperty({ description: 'New sub-groups that they are in.' })
  sub_groups!: number;

  @ApiProperty({ description: 'Items that their class keeps from being tried again.' })
  not_retried!: number;

  @ApiProperty({ description: 'Items that are at work already, or wait for it.' })
  pending!: number;

  @ApiProperty({ description: 'There are more than one request takes: ask again.' })
  is_more!: boolean;

  static from({ items, shards, notRetried, pending, isMore }: RetriedItems): RetriedItemsResponse {
    return { items, sub_groups: shards, not_retried: notRetried, pending, is_more: isMore };
  }
}
