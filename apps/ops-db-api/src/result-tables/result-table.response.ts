import { RESULT_COLUMN_TYPES, TABLE_SUBJECTS } from '@meridian/core';
import type { ResultTableRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class FlagBitResponse {
  @ApiProperty()
  bit!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;
}

export class ResultColumnResponse {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: RESULT_COLUMN_TYPES })
  type!: string;

  @ApiProperty({ description: 'Empty without.' })
  unit!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ description: 'What people find it under.' })
  section!: string;

  @ApiProperty()
  nullable!: boolean;

  @ApiProperty({ type: [FlagBitResponse] })
  bits!: readonly FlagBitResponse[];
}

export class ResultTableResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  software!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({
    description: 'In the schema `results` of the ops-db; with `__current` and `__history` beside it.',
  })
  relation!: string;

  @ApiProperty({ enum: TABLE_SUBJECTS })
  rows_of!: string;

  @ApiProperty({ type: [String], description: 'Columns that tell the rows of one subject apart.' })
  key!: readonly string[];

  @ApiProperty({ type: [ResultColumnResponse] })
  columns!: readonly ResultColumnResponse[];

  @ApiProperty({ type: [String], description: 'Versions of the software that fill it, oldest first.' })
  versions!: readonly string[];

  @ApiProperty()
  created_at!: Date;

  static from(row: ResultTableRow): ResultTableResponse {
    const { id, software, name, description, relation, key, columns, versions } = row;
    return {
      ...{ id, software, name, description, relation, rows_of: row.rowsOf, key, columns, versions },
      created_at: row.createdAt,
    };
  }
}
