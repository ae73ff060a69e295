import type { ResultAsOfRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ResultAsOfResponse {
  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty({ description: 'The run whose products were the result.' })
  run_id!: number;

  @ApiProperty()
  finished_at!: Date;

  @ApiProperty()
  software!: string;

  @ApiProperty()
  software_version!: string;

  @ApiProperty()
  recipe_hash!: string;

  @ApiProperty({ description: 'Of the inputs that it was made from.' })
  input_fingerprint!: string;

  @ApiProperty()
  inputs!: number;

  @ApiProperty()
  products!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'The run that is the result now, when that is another one.',
  })
  replaced_by_run_id!: number | null;

  static from(row: ResultAsOfRow): ResultAsOfResponse {
    const { id, pipeline, step, key, dims, software, inputs, products } = row;
    return {
      ...{ sub_group_id: id, pipeline, step, key, dims, software, inputs, products },
      run_id: row.runId,
      finished_at: row.finishedAt,
      software_version: row.softwareVersion,
      recipe_hash: row.recipeHash,
      input_fingerprint: row.inputFingerprint,
      replaced_by_run_id: row.replacedByRunId,
    };
  }
}
