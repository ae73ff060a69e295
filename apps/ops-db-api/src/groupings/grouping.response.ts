import type { GroupingRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class GroupingResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ description: 'A list of rules, all of which hold, or a tree of all, any and not.' })
  filter!: unknown;

  @ApiProperty({ description: 'Also the ETag; send it as If-Match to change only what you have read.' })
  revision!: number;

  @ApiProperty({ type: [String], description: 'Names of the pipelines that process it.' })
  used_by!: readonly string[];

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  updated_at!: Date;

  static from(row: GroupingRow): GroupingResponse {
    const { id, name, description, filter, revision } = row;
    return {
      id,
      name,
      description,
      filter,
      revision,
      used_by: row.usedBy,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
    };
  }
}

export class GroupingItemResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  kind!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  obs_time!: string | null;
}

export class GroupingPreviewResponse {
  @ApiProperty({ description: 'Items that the filter selects now; a packed file counts as its package.' })
  count!: number;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty({ type: [GroupingItemResponse], description: 'The newest of them.' })
  sample!: readonly GroupingItemResponse[];
}

export class GroupingCloseResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  grouping!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  selection!: object;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  closed_by!: string;

  @ApiProperty()
  closed_at!: Date;

  @ApiProperty({ description: 'Sub-groups that it selects now; they are judged again.' })
  sub_groups!: number;
}

export class FilterVerdictResponse {
  @ApiProperty({
    enum: [true],
    description: 'A filter that is not valid is answered with a problem document.',
  })
  valid!: true;
}
