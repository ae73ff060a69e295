import { subjectText, type Subject } from '@meridian/core';
import type { ReprocessingStep, TaintRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class TaintResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ example: 'software:extract@1.2.0' })
  of!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The name of the item.' })
  item!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The content that is bad, when an item is.' })
  content_hash!: string | null;

  @ApiProperty({ type: Date, nullable: true })
  since!: Date | null;

  @ApiProperty({ type: Date, nullable: true })
  until!: Date | null;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  marked_by!: string;

  @ApiProperty()
  marked_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  lifted_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  lifted_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  lifted_why!: string | null;

  @ApiProperty({
    description: 'Products that it reaches; none once it is lifted. GET /products?taint= lists them.',
  })
  products!: number;

  @ApiProperty({ description: 'How many of those have not been replaced.' })
  current_products!: number;

  @ApiProperty({ description: 'How many of those are public. GET /publications?taint= lists them.' })
  published!: number;

  static from(row: TaintRow): TaintResponse {
    const { id, item, since, until, reason, products, published } = row;
    return {
      id,
      of: subjectText(subjectOf(row)),
      item,
      content_hash: row.contentHash,
      since,
      until,
      reason,
      marked_by: row.markedBy,
      marked_at: row.markedAt,
      lifted_at: row.liftedAt,
      lifted_by: row.liftedBy,
      lifted_why: row.liftedWhy,
      products,
      current_products: row.currentProducts,
      published,
    };
  }
}

function subjectOf({ kind, itemId, software, softwareVersion, host }: TaintRow): Subject {
  switch (kind) {
    case 'item':
      return { kind, itemId: itemId ?? 0 };
    case 'software':
      return { kind, name: software ?? '', version: softwareVersion ?? '' };
    case 'host':
      return { kind, host: host ?? '' };
  }
}

export class ReprocessingStepResponse {
  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty({
    description: 'Sub-groups whose present result was made directly with what is bad: one run each.',
  })
  direct!: number;

  @ApiProperty({
    description:
      'Sub-groups whose present result is made of such results: they become stale once those are made again.',
  })
  following!: number;

  @ApiProperty({
    description:
      'Of the direct ones: those of which a new result would be as bad, for their step or their inputs still have what is bad.',
  })
  bad_again!: number;
}

export class ReprocessingResponse {
  @ApiProperty({ type: [ReprocessingStepResponse] })
  steps!: readonly ReprocessingStepResponse[];

  @ApiProperty({ description: 'How many runs it takes in all, as far as a new result would be better.' })
  runs!: number;

  @ApiProperty({ description: 'How many sub-groups were marked to be run again: 0 for a plan.' })
  forced!: number;

  static from(steps: readonly ReprocessingStep[], forced: number): ReprocessingResponse {
    return {
      steps: steps.map(({ pipeline, step, direct, following, badAgain }) => ({
        ...{ pipeline, step, direct, following },
        bad_again: badAgain,
      })),
      runs: steps.reduce((sum, { direct, following, badAgain }) => sum + direct + following - badAgain, 0),
      forced,
    };
  }
}
