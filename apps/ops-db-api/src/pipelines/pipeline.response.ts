import type { PipelineRow, PipelineStepRow, TriggerRequestRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

const COUNTERS = {
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'Sub-groups by state.',
} as const;

export class PipelineStepResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'Upstream steps have lower ones.' })
  position!: number;

  @ApiProperty()
  software!: string;

  @ApiProperty({ description: 'The version that runs now.' })
  software_version!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The pin of the definition; null follows the newest version.',
  })
  version!: string | null;

  @ApiProperty({ enum: ['exact', 'compatible', 'any'] })
  version_policy!: string;

  @ApiProperty({ type: [String] })
  depends_on!: readonly string[];

  @ApiProperty({ type: [Object] })
  group_by!: unknown;

  @ApiProperty({ type: 'object', additionalProperties: true })
  config!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  inputs!: object;

  @ApiProperty({ enum: ['all_current', 'available'] })
  upstream_policy!: string;

  @ApiProperty()
  cooldown_seconds!: number;

  @ApiProperty()
  settle_seconds!: number;

  @ApiProperty()
  min_members!: number;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  resources!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  retry!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  outputs!: object;

  @ApiProperty({ type: Number, nullable: true })
  max_active_runs!: number | null;

  @ApiProperty()
  recipe_hash!: string;

  @ApiProperty(COUNTERS)
  sub_groups!: object;

  static from(row: PipelineStepRow): PipelineStepResponse {
    const { id, name, position, software, config, inputs, resources, retry, outputs } = row;
    return {
      id,
      name,
      position,
      software,
      software_version: row.softwareVersion,
      version: row.versionPin,
      version_policy: row.versionPolicy,
      depends_on: row.dependsOn,
      group_by: row.groupBy,
      config,
      inputs,
      upstream_policy: row.upstreamPolicy,
      cooldown_seconds: row.cooldownSeconds,
      settle_seconds: row.settleSeconds,
      min_members: row.minMembers,
      resources,
      retry,
      outputs,
      max_active_runs: row.maxActiveRuns,
      recipe_hash: row.recipeHash,
      sub_groups: row.subGroups,
    };
  }
}

export class PipelineSummaryResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty()
  grouping!: string;

  @ApiProperty()
  location!: string;

  @ApiProperty({ enum: ['CONTINUOUS', 'MANUAL'] })
  trigger!: string;

  @ApiProperty({ description: 'Higher runs first.' })
  priority!: number;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ description: 'Also the ETag; send it as If-Match to change only what you have read.' })
  revision!: number;

  @ApiProperty({ type: Date, nullable: true })
  paused_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  paused_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  pause_reason!: string | null;

  @ApiProperty()
  created_by!: string;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  updated_at!: Date;

  @ApiProperty()
  step_count!: number;

  @ApiProperty(COUNTERS)
  sub_groups!: object;

  static from(row: PipelineRow): PipelineSummaryResponse {
    const { id, name, description, grouping, location, trigger, priority, enabled, revision } = row;
    return {
      id,
      name,
      description,
      grouping,
      location,
      trigger,
      priority,
      enabled,
      revision,
      paused_at: row.pausedAt,
      paused_by: row.pausedBy,
      pause_reason: row.pauseReason,
      created_by: row.createdBy,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
      step_count: row.stepCount,
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
    const { id, pipeline, selection, steps, force } = row;
    return {
      id,
      pipeline,
      selection,
      steps,
      force,
      requested_by: row.requestedBy,
      requested_at: row.requestedAt,
      closed_at: row.closedAt,
    };
  }
}
