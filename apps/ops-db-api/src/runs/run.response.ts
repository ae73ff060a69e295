import { RUN_STATUSES } from '@meridian/core';
import type { RunCount, RunRow, RunSummaryRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

export class RunSummaryResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  location!: string;

  @ApiProperty()
  software!: string;

  @ApiProperty()
  software_version!: string;

  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty({ enum: RUN_STATUSES })
  status!: string;

  @ApiProperty({ type: [String], description: 'Why it was fired.' })
  causes!: readonly string[];

  @ApiProperty(ANY_OBJECT)
  dims!: object;

  @ApiProperty()
  priority!: number;

  @ApiProperty({ description: 'Number of the newest attempt; 0 before the first.' })
  attempt!: number;

  @ApiProperty({ description: 'Failures since a person last asked for it.' })
  failure_count!: number;

  @ApiProperty({ type: String, nullable: true })
  failure_class!: string | null;

  @ApiProperty({ type: String, nullable: true })
  failure_reason!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What it waits for, when it waits.' })
  waiting_reason!: string | null;

  @ApiProperty({ type: Date, nullable: true })
  cancel_requested_at!: Date | null;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  changed_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  @ApiProperty({
    ...ANY_OBJECT,
    nullable: true,
    description:
      'What its program said last of its progress: fraction, message, items_done, items_total, said_at; null while it said nothing.',
  })
  progress!: object | null;

  static from(row: RunSummaryRow): RunSummaryResponse {
    const { id, pipeline, step, location, software, status, causes, dims, priority, attempt } = row;
    return {
      id,
      pipeline,
      step,
      location,
      software,
      software_version: row.softwareVersion,
      sub_group_id: row.subGroupId,
      status,
      causes,
      dims,
      priority,
      attempt,
      failure_count: row.failureCount,
      failure_class: row.failureClass,
      failure_reason: row.failureReason,
      waiting_reason: row.waitingReason,
      cancel_requested_at: row.cancelRequestedAt,
      created_at: row.createdAt,
      changed_at: row.changedAt,
      finished_at: row.finishedAt,
      progress: row.progress,
    };
  }
}

export class RunResponse extends RunSummaryResponse {
  @ApiProperty()
  sub_group_key!: string;

  @ApiProperty()
  recipe_hash!: string;

  @ApiProperty(ANY_OBJECT)
  recipe!: object;

  @ApiProperty()
  input_fingerprint!: string;

  @ApiProperty({ ...ANY_OBJECT, description: 'Every parameter, defaults filled in.' })
  config!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'What the next attempt asks for.',
  })
  resources!: object;

  @ApiProperty({ description: 'The next attempt starts no earlier.' })
  not_before!: Date;

  @ApiProperty({ type: String, nullable: true })
  cancel_requested_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  cancel_reason!: string | null;

  @ApiProperty({
    type: [Object],
    description: 'Oldest first: number, token, job_id, times, resources, exit_code, failure_class.',
  })
  attempts!: readonly unknown[];

  @ApiProperty({ type: [Object], description: 'Oldest first: at, actor, from, to, attempt, reason.' })
  events!: readonly unknown[];

  @ApiProperty()
  input_count!: number;

  @ApiProperty()
  input_bytes!: number;

  @ApiProperty({
    type: [Object],
    description:
      'The first 1000: id, name, kind, size_bytes, content_hash as consumed, current_content_hash, dims, and for what an association bound, ' +
      'its name as binding and how it was chosen as association: role, method, offset_seconds, weight.',
  })
  inputs!: readonly unknown[];

  @ApiProperty({
    type: [Object],
    description: 'The first 1000: id, name, type, path, size_bytes, sha256, superseded.',
  })
  products!: readonly unknown[];

  @ApiProperty({ type: [Object], description: 'name, value, unit.' })
  metrics!: readonly unknown[];

  @ApiProperty({ type: [Object], description: 'attempt, code, message.' })
  warnings!: readonly unknown[];

  static override from(row: RunRow): RunResponse {
    const { recipe, config, attempts, events, inputs, products, metrics, warnings } = row;
    return {
      ...RunSummaryResponse.from(row),
      sub_group_key: row.subGroupKey,
      recipe_hash: row.recipeHash,
      recipe,
      input_fingerprint: row.inputFingerprint,
      config,
      resources: { cpus: row.cpus, memory_mb: row.memoryMb, walltime_minutes: row.walltimeMinutes },
      not_before: row.notBefore,
      cancel_requested_by: row.cancelRequestedBy,
      cancel_reason: row.cancelReason,
      attempts,
      events,
      input_count: row.inputCount,
      input_bytes: row.inputBytes,
      inputs,
      products,
      metrics,
      warnings,
    };
  }
}

export class StepRunsResponse {
  @ApiProperty()
  pipeline!: string;

  @ApiProperty({ description: 'Steps of this name, one that was retired included.' })
  step!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Runs by status; absent is none.',
  })
  statuses!: Record<string, number>;

  /** Counts of one step and status each, in the order of steps, gathered by step. */
  static gather(counts: readonly RunCount[]): StepRunsResponse[] {
    const steps = new Map<string, StepRunsResponse>();
    for (const { pipeline, step, status, count } of counts) {
      const known = steps.get(`${pipeline}/${step}`) ?? { pipeline, step, statuses: {} };
      steps.set(`${pipeline}/${step}`, { ...known, statuses: { ...known.statuses, [status]: count } });
    }
    return [...steps.values()];
  }
}
