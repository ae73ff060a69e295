import { REMAKE_STATES } from '@meridian/core';
import type { RematerialisationRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class RemadeProductResponse {
  @ApiProperty()
  product_id!: number;

  @ApiProperty({ description: "Relative to its run's output directory." })
  path!: string;

  @ApiProperty({ enum: ['same', 'different', 'absent'] })
  outcome!: string;

  @ApiProperty({ description: 'As registered.' })
  sha256!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Of what came out.' })
  found_sha256!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: "Where what came out is, relative to the location's base.",
  })
  found_path!: string | null;
}

export class RematerialisationResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ description: 'The run whose products are made again.' })
  run_id!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'The run that makes them again.' })
  remake_run_id!: number | null;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty({
    enum: REMAKE_STATES,
    description: 'different: other bytes came out, the record stays as it was; accepted: as a new version.',
  })
  state!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  requested_by!: string;

  @ApiProperty({ type: [Number], description: 'Runs that need it.' })
  waiting_runs!: readonly number[];

  @ApiProperty({ type: [RemadeProductResponse] })
  products!: readonly RemadeProductResponse[];

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  static from(row: RematerialisationRow): RematerialisationResponse {
    const { id, pipeline, step, state, reason, products } = row;
    return {
      ...{ id, run_id: row.runId, remake_run_id: row.remakeRunId, pipeline, step, state, reason },
      ...{ requested_by: row.requestedBy, waiting_runs: row.waitingRuns, products },
      ...{ created_at: row.createdAt, finished_at: row.finishedAt },
    };
  }
}
