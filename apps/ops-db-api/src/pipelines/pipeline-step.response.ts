import { DRIFT_DAYS, type PipelineStepRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { pausable, PausableResponse } from '../http/pausable.response.js';

/** Counts as a field of a response. */
export const COUNTERS = {
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'Sub-groups by state.',
} as const;

export const DRIFT_COUNT = {
  description: `Sub-groups that were found to be other than the archive says, in the last ${DRIFT_DAYS} days. They are mended at once; any but 0 is a defect to report.`,
} as const;

export class PipelineStepResponse extends PausableResponse {
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

  @ApiProperty({
    description: 'A list of terms, or an object: by with cluster, window, split or item.',
    oneOf: [
      { type: 'array', items: { type: 'string' } },
      { type: 'object', additionalProperties: true },
    ],
  })
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

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What makes a sub-group complete: {count} or {slots: {dim, values}, minimum}.',
  })
  expect!: object | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'How long after its first member an incomplete sub-group is waited for; null is for ever.',
  })
  max_wait_seconds!: number | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Further inputs, chosen for each sub-group: calibrations.',
  })
  associations!: readonly unknown[];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  resources!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  retry!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  outputs!: object;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description:
      'Rules that judge each result: a measure (metric, rows, null_fraction, flagged_fraction, item_fraction) and its bounds.',
  })
  quality!: readonly unknown[];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Which results become public: types, to, automatic, gate, max_attempts. Null: none.',
  })
  publication!: object | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'How long the bytes of results are kept: rules, failed_attempt_days. Null: for ever.',
  })
  retention!: object | null;

  @ApiProperty({ type: Number, nullable: true })
  max_active_runs!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The pool whose slots its runs take.' })
  pool!: string | null;

  @ApiProperty()
  recipe_hash!: string;

  @ApiProperty(DRIFT_COUNT)
  drift_count!: number;

  @ApiProperty({
    type: Date,
    nullable: true,
    description: 'When it was last compared with the archive; null while it is still to be evaluated.',
  })
  reconciled_at!: Date | null;

  @ApiProperty(COUNTERS)
  sub_groups!: object;

  static from(row: PipelineStepRow): PipelineStepResponse {
    const { position, software, config, inputs, associations, expect, resources, retry, outputs, pool } = row;
    const { quality, publication, retention } = row;
    return {
      ...pausable(row),
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
      expect,
      max_wait_seconds: row.maxWaitSeconds,
      associations,
      resources,
      retry,
      outputs,
      quality,
      publication,
      retention,
      max_active_runs: row.maxActiveRuns,
      pool,
      recipe_hash: row.recipeHash,
      drift_count: row.driftCount,
      reconciled_at: row.reconciledAt,
      sub_groups: row.subGroups,
    };
  }
}
