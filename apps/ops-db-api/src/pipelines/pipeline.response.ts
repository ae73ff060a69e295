import { TRIGGER_TYPES } from '@meridian/core';
import type { PipelineRow, PipelineStepRow, TriggerRequestRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { pausable, PausableResponse } from '../http/pausable.response.js';
import { COUNTERS, DRIFT_COUNT, PipelineStepResponse } from './pipeline-step.response.js';

export class CronScheduleResponse {
  @ApiProperty({ example: '0 6 * * *' })
  expression!: string;

  @ApiProperty({ example: 'America/Santiago' })
  timezone!: string;
}

export class PipelineSummaryResponse extends PausableResponse {
  @ApiProperty()
  description!: string;

  @ApiProperty()
  grouping!: string;

  @ApiProperty()
  location!: string;

  @ApiProperty({ enum: TRIGGER_TYPES })
  trigger!: string;

  @ApiProperty({ type: CronScheduleResponse, nullable: true, description: 'Of a CRON pipeline.' })
  trigger_config!: CronScheduleResponse | null;

  @ApiProperty({
    type: Date,
    nullable: true,
    description: 'The last due time of a CRON pipeline that was fired, or when its schedule began.',
  })
  cron_due_at!: Date | null;

  @ApiProperty({ description: 'Higher runs first.' })
  priority!: number;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ description: 'Also the ETag; send it as If-Match to change only what you have read.' })
  revision!: number;

  @ApiProperty()
  created_by!: string;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  updated_at!: Date;

  @ApiProperty()
  step_count!: number;

  @ApiProperty(DRIFT_COUNT)
  drift_count!: number;

  @ApiProperty({
    type: Date,
    nullable: true,
    description:
      'When the step that was compared with the archive longest ago was; null while one is still to be evaluated.',
  })
  reconciled_at!: Date | null;

  @ApiProperty(COUNTERS)
  sub_groups!: object;

  static from(row: PipelineRow): PipelineSummaryResponse {
    const { description, grouping, location, trigger, priority, enabled, revision } = row;
    return {
      ...pausable(row),
      description,
      grouping,
      location,
      trigger,
      trigger_config: row.triggerConfig,
      cron_due_at: row.cronDueAt,
      priority,
      enabled,
      revision,
      created_by: row.createdBy,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
      step_count: row.stepCount,
      drift_count: row.driftCount,
      reconciled_at: row.reconciledAt,
      sub_groups: row.subGroups,
    };
  }
}

export class PipelineResponse extends PipelineSummaryResponse {
  @ApiProperty({ type: [PipelineStepResponse], description: 'Upstream before downstream.' })
  steps!: readonly PipelineStepResponse[];

  static with(row: PipelineRow, steps: readonly PipelineStepRow[]): PipelineResponse {
    return {
      ...PipelineSummaryResponse.from(row),
      steps: steps.map((step) => PipelineStepResponse.from(step)),
    };
  }
}

export class TriggerRequestResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Sub-groups with these dimensions; {} is all.',
  })
  selection!: object;

  @ApiProperty({ type: [String], nullable: true, description: 'Null is every step.' })
  steps!: readonly string[] | null;

  @ApiProperty()
  force!: boolean;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "Step name → parameters that its runs get instead of the step's own.",
  })
  overrides!: object;

  @ApiProperty()
  requested_by!: string;

  @ApiProperty()
  requested_at!: Date;

  @ApiProperty({
    type: Date,
    nullable: true,
    description: 'When nothing of its selection was left to do; null while it is open.',
  })
  closed_at!: Date | null;

  static from(row: TriggerRequestRow): TriggerRequestResponse {
    const { id, pipeline, selection, steps, force, overrides } = row;
    return {
      id,
      pipeline,
      selection,
      steps,
      force,
      overrides,
      requested_by: row.requestedBy,
      requested_at: row.requestedAt,
      closed_at: row.closedAt,
    };
  }
}
