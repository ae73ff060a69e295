import type { FailureRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { FAILURE_KINDS } from './dto/failures.dto.js';

export class FailureResponse {
  @ApiProperty({ enum: FAILURE_KINDS })
  kind!: string;

  @ApiProperty()
  run_id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty({ type: Number, nullable: true })
  item_id!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Name of the item.' })
  item!: string | null;

  @ApiProperty({
    enum: ['failed', 'missing'],
    description: 'missing: the program said nothing of the item.',
  })
  outcome!: string;

  @ApiProperty({ description: 'Empty where the program named none.' })
  failure_class!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty({ type: Date, nullable: true })
  failed_at!: Date | null;

  @ApiProperty({ description: 'The sub-group has a result, of an earlier run or, for an item, of this one.' })
  has_result!: boolean;

  static from(row: FailureRow): FailureResponse {
    const { runId, itemId, item, pipeline, step, subGroupId, dims, outcome, reason } = row;
    return {
      ...{ kind: itemId === null ? 'sub_group' : 'item', run_id: runId, pipeline, step },
      ...{ sub_group_id: subGroupId, dims, item_id: itemId, item, outcome, reason },
      ...{ failure_class: row.failureClass, failed_at: row.failedAt, has_result: row.hasResult },
    };
  }
}
