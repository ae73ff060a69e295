import { explainSubGroup, STALE_CAUSES, SUB_GROUP_STATES } from '@meridian/core';
import type { GapCount, GapRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class LastRunResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  status!: string;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;
}

/** One sub-group of one step: what is missing, and why. */
export class GapResponse {
  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "The values of the step's group_by.",
  })
  dims!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Every dimension on which all members agree.',
  })
  common_dims!: object;

  @ApiProperty({ enum: SUB_GROUP_STATES })
  state!: string;

  @ApiProperty()
  state_since!: Date;

  @ApiProperty({ enum: STALE_CAUSES, isArray: true })
  causes!: readonly string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What stands in the way, in numbers.',
  })
  detail!: object;

  @ApiProperty({ description: 'The same as a sentence.', example: 'waits for extract: 2 running, 1 failed' })
  explanation!: string;

  @ApiProperty({ type: Date, nullable: true, description: 'When settling or cooling_down ends.' })
  until!: Date | null;

  @ApiProperty()
  member_count!: number;

  @ApiProperty({ type: LastRunResponse, nullable: true })
  last_run!: LastRunResponse | null;

  static from(row: GapRow): GapResponse {
    const { pipeline, step, key, dims, state, causes, detail, until, lastRunId } = row;
    return {
      sub_group_id: row.id,
      pipeline,
      step,
      key,
      dims,
      common_dims: row.commonDims,
      state,
      state_since: row.stateSince,
      causes,
      detail,
      explanation: explainSubGroup({ state, causes, detail, until: until?.toISOString() ?? null }),
      until,
      member_count: row.memberCount,
      last_run:
        lastRunId === null
          ? null
          : { id: lastRunId, status: row.lastRunStatus ?? '', finished_at: row.lastRunFinishedAt },
    };
  }
}

export class StepGapsResponse {
  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Sub-groups by state; absent is none.',
  })
  states!: Record<string, number>;

  /** Counts of one step and state each, in the order of steps, gathered by step. */
  static gather(counts: readonly GapCount[]): StepGapsResponse[] {
    const steps = new Map<string, StepGapsResponse>();
    for (const { pipeline, step, state, count } of counts) {
      const known = steps.get(`${pipeline}/${step}`) ?? { pipeline, step, states: {} };
      steps.set(`${pipeline}/${step}`, { ...known, states: { ...known.states, [state]: count } });
    }
    return [...steps.values()];
  }
}
