import { isFinished, sql, type Dims, type FailureClass, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { aStep, insertedId, nextNumber, type BuiltStep } from './builders.js';
import { anItem, aRawFile, type ItemOptions } from './item-builders.js';

export interface SubGroupOptions {
  readonly step?: BuiltStep;
  readonly dims?: Dims;
  readonly commonDims?: Dims;
  readonly state?:
    'current' | 'missing' | 'stale' | 'incomplete' | 'blocked' | 'running' | 'failed' | 'paused';
}

/** A sub-group with dims of its own (`n`), unless they are given. */
export async function aSubGroup(db: EntityManager, options: SubGroupOptions = {}): Promise<number> {
  const step = options.step ?? (await aStep(db));
  const dims = JSON.stringify(options.dims ?? { n: nextNumber() });
  const commonDims = options.commonDims === undefined ? dims : JSON.stringify(options.commonDims);
  return insertedId(
    db,
    sql`INSERT INTO sub_group (step_id, key, dims, common_dims, state)
        VALUES (${step.stepId}, substr(encode(sha256(convert_to((${dims}::jsonb)::text, 'UTF8')), 'hex'), 1, 16),
                ${dims}::jsonb, ${commonDims}::jsonb, ${options.state ?? 'running'}) RETURNING id`,
  );
}

/** The frozen set of these items, with the fingerprint that the database gives them. */
export async function anInputSet(db: EntityManager, itemIds: readonly number[]): Promise<number> {
  const id = await insertedId(
    db,
    sql`INSERT INTO input_set (fingerprint, member_count, size_bytes)
        SELECT fingerprint(sum(hash_a), sum(hash_b)), count(*), sum(size_bytes) FROM data_item WHERE id = ANY(${itemIds}::bigint[])
        ON CONFLICT (fingerprint, member_count) DO UPDATE SET size_bytes = excluded.size_bytes RETURNING id`,
  );
  await queryRows(
    db,
    sql`INSERT INTO input_set_member SELECT ${id}, id, content_hash FROM data_item WHERE id = ANY(${itemIds}::bigint[])
        ON CONFLICT DO NOTHING`,
  );
  return id;
}

export interface RunOptions {
  readonly step?: BuiltStep;
  readonly subGroupId?: number;
  readonly subGroupDims?: Dims;
  readonly dims?: Dims;
  /** Items that the run takes; one new raw file when absent. */
  readonly itemIds?: readonly number[];
  readonly status?: RunStatus;
  readonly priority?: number;
  readonly recipeHash?: string;
  readonly config?: Record<string, unknown>;
  readonly notBefore?: Date;
  readonly attempt?: number;
  readonly failureClass?: FailureClass;
  readonly failureReason?: string;
  readonly failureCount?: number;
  readonly lease?: { readonly owner: string; readonly expiresAt: Date };
  readonly cancelRequestedAt?: Date;
  readonly jobId?: string;
  readonly directory?: string;
  readonly intendedAt?: Date;
}

export interface BuiltRun {
  readonly runId: number;
  readonly step: BuiltStep;
  readonly subGroupId: number;
  readonly inputSetId: number;
  readonly itemIds: readonly number[];
  /** The newest attempt; 0 when there is none. */
  readonly attempt: number;
  readonly token: string;
}

/** Attempts begin with the intent, so a run that got that far has one. */
const attemptOf = (status: RunStatus): number => (status === 'PENDING' || status === 'STAGING_DATA' ? 0 : 1);

/**
 * A run that is in `status` from the beginning (its event history is one INSERT), PENDING by default.
 *
 * From SUBMITTING on it has attempt 1, from SUBMITTED on with a job id; finished ones have `finished_at`.
 */
export async function aRun(db: EntityManager, options: RunOptions = {}): Promise<BuiltRun> {
  const step = options.step ?? (await aStep(db));
  const dims = options.subGroupDims;
  const subGroupId =
    options.subGroupId ?? (await aSubGroup(db, { step, ...(dims === undefined ? {} : { dims }) }));
  const itemIds = options.itemIds ?? [await aRawFile(db)];
  const inputSetId = await anInputSet(db, itemIds);
  const { status = 'PENDING' } = options;
  const { attempt = attemptOf(status) } = options;
  const runId = await insertRun(db, { ...options, step, subGroupId, status, attempt }, inputSetId);
  const token = `mrd-${runId}-${attempt}`;
  if (attempt > 0) {
    await anAttempt(db, runId, {
      ...options,
      number: attempt,
      jobId: status === 'SUBMITTING' ? null : (options.jobId ?? `job-${runId}-${attempt}`),
    });
  }
  return { runId, step, subGroupId, inputSetId, itemIds, attempt, token };
}

type RunRow = RunOptions & Required<Pick<RunOptions, 'step' | 'subGroupId' | 'status' | 'attempt'>>;

function insertRun(db: EntityManager, run: RunRow, inputSetId: number): Promise<number> {
  const { step, status, lease } = run;
  const failed = status === 'FAILED';
  const finishedAt = isFinished(status) ? new Date() : null;
  const [owner, expiresAt] = [lease?.owner ?? null, lease?.expiresAt ?? null];
  return insertedId(
    db,
    sql`INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, priority,
          dims, input_fingerprint, recipe_hash, software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes,
          not_before, failure_count, failure_class, failure_reason, lease_owner, lease_expires_at,
          cancel_requested_at, cancel_requested_by, finished_at, moved_by, moved_why)
        SELECT ${step.pipelineId}, ${step.stepId}, g.id, ${step.locationId}, ${step.versionId}, s.id, ${status}, ${run.priority ?? 0},
          coalesce(${run.dims === undefined ? null : JSON.stringify(run.dims)}::jsonb, g.common_dims), s.fingerprint,
          ${run.recipeHash ?? step.recipeHash}, ${step.softwareHash}, ${step.configHash}, ${JSON.stringify(run.config ?? {})}::jsonb,
          ${run.attempt}, 1, 1024, 60, coalesce(${run.notBefore ?? null}::timestamptz, now()),
          ${run.failureCount ?? (failed ? 1 : 0)}, ${failed ? (run.failureClass ?? 'SOFTWARE') : null}::text,
          ${failed ? (run.failureReason ?? 'exit code 1') : null}::text, ${owner}::text, ${expiresAt}::timestamptz,
          ${run.cancelRequestedAt ?? null}::timestamptz, ${run.cancelRequestedAt ? 'token:test' : null}::text,
          ${finishedAt}::timestamptz, 'test', 'built'
        FROM sub_group g, input_set s WHERE g.id = ${run.subGroupId} AND s.id = ${inputSetId} RETURNING id`,
  );
}

export interface AttemptOptions {
  readonly number?: number;
  readonly jobId?: string | null;
  readonly directory?: string;
  readonly intendedAt?: Date;
}

/** One attempt of a run; it is submitted when it has a job id. */
export async function anAttempt(
  db: EntityManager,
  runId: number,
  options: AttemptOptions = {},
): Promise<string> {
  const { number = 1, intendedAt = new Date(), jobId = `job-${runId}-${number}` } = options;
  const token = `mrd-${runId}-${number}`;
  const directory = options.directory ?? `p/g/s/${runId}.${number}`;
  await queryRows(
    db,
    sql`INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, intended_at, submitted_at)
        SELECT id, ${number}, ${token}, ${jobId}, ${directory}, cpus, memory_mb, walltime_minutes, ${intendedAt},
               CASE WHEN ${jobId}::text IS NOT NULL THEN now() END
        FROM run WHERE id = ${runId}`,
  );
  return token;
}

export interface ProductOptions extends Omit<ItemOptions, 'kind'> {
  readonly type?: 'SCIENCE' | 'QA_METRIC' | 'PLOT' | 'STATISTICS' | 'LOG' | 'INTERMEDIATE' | 'OTHER';
  /** Relative to the attempt's output directory. */
  readonly path?: string;
}

/** A product of a run, with its copy where the result-manager would register it. */
export async function aProduct(
  db: EntityManager,
  run: BuiltRun,
  options: ProductOptions = {},
): Promise<number> {
  const { type = 'SCIENCE', path = `science/product-${nextNumber()}.fits` } = options;
  const itemId = await anItem(db, { name: path.split('/').at(-1) ?? path, ...options, kind: 'DATA_PRODUCT' });
  await queryRows(
    db,
    sql`INSERT INTO data_product (item_id, run_id, attempt, type, path) VALUES (${itemId}, ${run.runId}, ${run.attempt}, ${type}, ${path})`,
  );
  await queryRows(
    db,
    sql`INSERT INTO physical_copy (item_id, data_location_id, path)
        SELECT ${itemId}, ${run.step.locationId}, directory || '/output/' || ${path}::text
        FROM attempt WHERE run_id = ${run.runId} AND number = ${run.attempt}`,
  );
  return itemId;
}

/** What a test wants to know about a run: its row as the database holds it. */
export async function runRow(db: EntityManager, runId: number): Promise<Record<string, unknown>> {
  const row = await queryRow<Record<string, unknown>>(db, sql`SELECT * FROM run WHERE id = ${runId}`);
  if (row === undefined) throw new Error(`there is no run ${runId}`);
  return row;
}

/** The statuses that a run went through, oldest first, the one it was created in included. */
export async function runHistory(db: EntityManager, runId: number): Promise<string[]> {
  const rows = await queryRows<{ status: string }>(
    db,
    sql`SELECT to_status AS status FROM run_event WHERE run_id = ${runId} ORDER BY id`,
  );
  return rows.map((row) => row.status);
}

/** So many PENDING runs as this one is, each of a sub-group of its own. Returns their ids. */
export async function copiesOfRun(db: EntityManager, runId: number, count: number): Promise<number[]> {
  const rows = await queryRows<{ id: number }>(
    db,
    sql`
    WITH grouped AS (
      INSERT INTO sub_group (step_id, key, dims)
      SELECT step_id, gen_random_uuid(), '{}' FROM run, generate_series(1, ${count}::int) WHERE run.id = ${runId} RETURNING id
    )
    INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint,
                     recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes)
    SELECT pipeline_id, step_id, grouped.id, location_id, software_version_id, input_set_id, input_fingerprint,
           recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes
    FROM run, grouped WHERE run.id = ${runId} RETURNING id`,
  );
  return rows.map(({ id }) => id);
}
