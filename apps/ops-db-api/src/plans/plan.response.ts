import {
  estimateWork,
  explainSubGroup,
  STALE_CAUSES,
  SUB_GROUP_STATES,
  type PlanEstimate,
  type Quantiles,
  type WorkEstimate,
} from '@meridian/core';
import { PLANNED_RUNS, type PipelinePlan, type PlannedStepRow, type SampledSubGroup } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { DefinitionChangeResponse } from '../definitions/definition-change.response.js';

export class QuantilesResponse implements Quantiles {
  @ApiProperty()
  p10!: number;

  @ApiProperty()
  p50!: number;

  @ApiProperty()
  p90!: number;
}

export class PlannedSubGroupResponse {
  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty({ enum: SUB_GROUP_STATES, nullable: true, description: 'null: it is not there yet.' })
  before!: string | null;

  @ApiProperty({
    enum: SUB_GROUP_STATES,
    nullable: true,
    description: 'null: it would not be there any more.',
  })
  after!: string | null;

  @ApiProperty({ enum: STALE_CAUSES, isArray: true })
  causes!: readonly string[];

  @ApiProperty({ description: 'What it would be, as a sentence.' })
  explanation!: string;

  @ApiProperty({
    enum: PLANNED_RUNS,
    nullable: true,
    description: 'When it would get a run; null: it would not.',
  })
  run!: string | null;

  @ApiProperty()
  member_count!: number;

  @ApiProperty()
  input_bytes!: number;

  static from(row: SampledSubGroup): PlannedSubGroupResponse {
    const { dims, before, after, causes, detail, members, inputBytes, planned } = row;
    const until = row.until?.toISOString() ?? null;
    const explanation =
      after === null
        ? 'it would not be there any more'
        : explainSubGroup({ state: after, causes, detail, until });
    return {
      dims,
      before,
      after,
      causes,
      explanation,
      run: planned,
      member_count: members,
      input_bytes: inputBytes,
    };
  }
}

export class PlannedRunsResponse {
  @ApiProperty({ description: 'Wanted at once: missing or stale.' })
  now!: number;

  @ApiProperty({
    description: 'Wanted when a time has passed: settling, cooling down, or waiting for a calibration.',
  })
  later!: number;

  @ApiProperty({ description: 'Wanted when upstream runs, of this plan or active already, are done.' })
  follows!: number;
}

export class PlannedStepResponse {
  @ApiProperty()
  step!: string;

  @ApiProperty({ description: 'The proposal takes it out of the pipeline.' })
  retired!: boolean;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Sub-groups by state; absent is none.',
  })
  before!: object;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  after!: object;

  @ApiProperty({ description: 'Sub-groups that are not there yet.' })
  new_sub_groups!: number;

  @ApiProperty({ description: 'Sub-groups that would not be there any more.' })
  gone_sub_groups!: number;

  @ApiProperty({ type: PlannedRunsResponse })
  runs!: PlannedRunsResponse;

  @ApiProperty({
    description:
      'Of the inputs of those runs, as far as they are there: what upstream runs will make is not.',
  })
  input_bytes!: number;

  @ApiProperty({
    description: 'Successful runs of this step that the estimate is made of; 0: there is no estimate.',
  })
  history_runs!: number;

  @ApiProperty({ type: QuantilesResponse, nullable: true, description: 'What one run takes.' })
  run_seconds!: Quantiles | null;

  @ApiProperty({ type: QuantilesResponse, nullable: true })
  core_hours!: Quantiles | null;

  @ApiProperty({
    type: QuantilesResponse,
    nullable: true,
    description: 'From now to the end of its last run, those of the steps before it included.',
  })
  finish_seconds!: Quantiles | null;

  @ApiProperty({ type: [PlannedSubGroupResponse], description: 'Those that become something else first.' })
  sample!: PlannedSubGroupResponse[];

  static from(
    row: PlannedStepRow,
    estimate: WorkEstimate | undefined,
    sample: readonly SampledSubGroup[],
  ): PlannedStepResponse {
    return {
      step: row.name,
      retired: row.isRetired,
      before: row.before,
      after: row.after,
      new_sub_groups: row.added,
      gone_sub_groups: row.gone,
      runs: runsOf(row),
      input_bytes: row.inputBytes,
      history_runs: row.history?.samples ?? 0,
      run_seconds: row.history?.elapsedSeconds ?? null,
      core_hours: estimate?.coreHours ?? null,
      finish_seconds: estimate?.finishSeconds ?? null,
      sample: sample
        .filter(({ stepId }) => stepId === row.id)
        .map((one) => PlannedSubGroupResponse.from(one)),
    };
  }
}

/** What would be done for a pipeline, as it is or with a proposed change. */
export class PipelinePlanResponse {
  @ApiProperty()
  pipeline!: string;

  @ApiProperty({
    description: 'CRON and MANUAL: the runs wait for the next due time, or for somebody to ask.',
  })
  trigger!: string;

  @ApiProperty()
  at!: Date;

  @ApiProperty({
    type: [DefinitionChangeResponse],
    description: 'What the proposal changes; empty without one.',
  })
  changes!: DefinitionChangeResponse[];

  @ApiProperty({ type: [PlannedStepResponse] })
  steps!: PlannedStepResponse[];

  @ApiProperty({ type: PlannedRunsResponse })
  runs!: PlannedRunsResponse;

  @ApiProperty()
  input_bytes!: number;

  @ApiProperty({
    type: QuantilesResponse,
    nullable: true,
    description: 'null when a step that has runs has no history.',
  })
  core_hours!: Quantiles | null;

  @ApiProperty({
    type: QuantilesResponse,
    nullable: true,
    description:
      'Seconds from now until everything is done, as if nothing else ran and queues were empty: runs as quick (p10), as usual (p50) ' +
      'or as slow (p90) as before, in waves as wide as the limits of step, location and pool allow.',
  })
  finish_seconds!: Quantiles | null;

  @ApiProperty({
    type: [String],
    description: 'Steps that would run and never have: why there is no estimate of all.',
  })
  steps_without_history!: readonly string[];

  static from(
    { pipeline, at, steps, sample }: PipelinePlan,
    changes: readonly DefinitionChangeResponse[],
  ): PipelinePlanResponse {
    const estimate = estimateOf(steps, pipeline.locationSlots);
    return {
      pipeline: pipeline.name,
      trigger: pipeline.trigger,
      at,
      changes: changes.filter((one) => one.change !== 'unchanged'),
      steps: steps.map((row) => PlannedStepResponse.from(row, estimate.bySteps.get(row.name), sample)),
      runs: steps.map(runsOf).reduce(
        (total, { now, later, follows }) => ({
          now: total.now + now,
          later: total.later + later,
          follows: total.follows + follows,
        }),
        { now: 0, later: 0, follows: 0 },
      ),
      input_bytes: steps.reduce((total, { inputBytes }) => total + inputBytes, 0),
      core_hours: estimate.coreHours,
      finish_seconds: estimate.finishSeconds,
      steps_without_history: estimate.unknown,
    };
  }
}

const runsOf = ({ runs: { now = 0, later = 0, follows = 0 } }: PlannedStepRow): PlannedRunsResponse => ({
  now,
  later,
  follows,
});

const estimateOf = (steps: readonly PlannedStepRow[], locationSlots: number | null): PlanEstimate =>
  estimateWork(
    steps
      .filter(({ isRetired }) => !isRetired)
      .map((row) => {
        const { now, later, follows } = runsOf(row);
        const { name: step, history, upstream, maxActiveRuns, pool } = row;
        return { step, runs: now + later + follows, history, upstream, maxActiveRuns, pool };
      }),
    locationSlots,
  );
