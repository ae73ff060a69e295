import { sql } from '@meridian/core';
import {
  databaseTime,
  loadEvaluableSteps,
  queryRow,
  queryRows,
  selectionOf,
  stepMembers,
  type EvaluableStep,
} from '@meridian/ops-db';
import { aGrouping, aLocation, aPipeline, aRecipe, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import { EvaluateGapsPass } from '@meridian/trigger-manager';
import pino from 'pino';
import type { DataSource, EntityManager } from 'typeorm';

/** All files; half of them; half by a list; half by the observation's own table; all but the first tenth of a survey's sub-bands. */
const FILTERS: readonly unknown[] = [
  [],
  { dim: 'instrument', operator: 'eq', value: 'chai' },
  { dim: 'line', operator: 'in', value: ['CII', 'NII'] },
  [{ table: 'ExecutedObsUnit', column: 'status', operator: 'eq', value: 'SUCCEEDED' }],
  {
    all: [
      { dim: 'subband', operator: 'gt', value: 0 },
      { table: 'DataItem', column: 'obs_time', operator: 'gte', value: '2020-01-01T00:00:00Z' },
    ],
  },
];
const GROUP_BYS: readonly (readonly string[])[] = [
  ['executed_obs_unit'],
  ['executed_obs_unit', 'source', 'line'],
  ['instrument', 'executed_obs_unit'],
  ['source', 'line', 'date(obs_time)'],
];
export const STEPS = FILTERS.length * GROUP_BYS.length;

/** 20 living steps in 5 MANUAL pipelines over raw files. Returns the one that takes every file, a sub-group per observation. */
export async function aSurvey(manager: EntityManager): Promise<BuiltStep> {
  const locationId = await aLocation(manager);
  const steps: BuiltStep[] = [];
  for (const [number, filter] of FILTERS.entries()) {
    const groupingId = await aGrouping(manager, { name: `files-${number}`, filter });
    const pipeline = await aPipeline(manager, { groupingId, locationId, trigger: 'MANUAL' });
    for (const groupBy of GROUP_BYS) steps.push(await aStep(manager, { pipeline, groupBy }));
  }
  const [first] = steps;
  if (first === undefined) throw new Error('a survey has steps');
  return first;
}

/** Of a line of the log: enough to tell what went wrong. */
const LOGGED = 400;

/** A daemon's pass, and how long one tick of it takes. */
export class Ticker {
  private readonly pass: EvaluateGapsPass;
  private readonly errors: string[] = [];

  constructor(dataSource: DataSource, fireLimit: number) {
    const stream = { write: (line: string) => void this.errors.push(line.slice(0, LOGGED)) };
    this.pass = new EvaluateGapsPass({
      dataSource,
      actor: 'trigger-manager@bench',
      logger: pino({ level: 'warn' }, stream),
      now: databaseTime,
      fireLimit,
    });
  }

  async tick(): Promise<{ milliseconds: number; fired: number }> {
    const startedAt = performance.now();
    const fired = await this.pass.run(new AbortController().signal);
    const milliseconds = performance.now() - startedAt;
    // A pipeline that could not be evaluated is logged and left alone: that would be fast.
    if (this.errors.length > 0) throw new Error(`not evaluated: ${this.errors.join('\n')}`);
    return { milliseconds, fired };
  }
}

export async function everyStep(manager: EntityManager): Promise<EvaluableStep[]> {
  const pipelines = await queryRows<{ id: number }>(manager, sql`SELECT id FROM pipeline ORDER BY id`);
  const steps = await Promise.all(pipelines.map(({ id }) => loadEvaluableSteps(manager, id)));
  return steps.flat();
}

/**
 * P1's yardstick for one step, a single statement: a hash aggregate by the same key with counts, bytes and fingerprints, and an
 * anti-join against the runs that are done with just that.
 */
export async function plainGap(manager: EntityManager, step: EvaluableStep, now: Date): Promise<number> {
  const startedAt = performance.now();
  await queryRow(
    manager,
    sql`
    SELECT count(*), sum(members), sum(bytes) FROM (
      SELECT key_dims, count(*) AS members, sum(size_bytes) AS bytes, fingerprint(sum(hash_a), sum(hash_b)) AS fingerprint
      FROM (${stepMembers(selectionOf(step, now))}) member GROUP BY key_dims) found
    WHERE NOT EXISTS (SELECT FROM run WHERE run.step_id = ${step.id} AND run.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS')
      AND run.input_fingerprint = found.fingerprint)`,
  );
  return performance.now() - startedAt;
}

/** Gives every sub-group of a step a completed run over its present members, as if all of it had been reduced. */
export async function completeAll(manager: EntityManager, { stepId }: BuiltStep): Promise<void> {
  const steps = await everyStep(manager);
  const step = steps.find(({ id }) => id === stepId);
  if (step === undefined) throw new Error(`step ${stepId} does not live`);
  const selection = selectionOf(step, await databaseTime(manager));
  await queryRows(
    manager,
    sql`
    WITH target AS MATERIALIZED (SELECT * FROM sub_group WHERE step_id = ${stepId} AND last_run_id IS NULL AND member_count > 0),
    inputs AS (
      INSERT INTO input_set (fingerprint, member_count, size_bytes) SELECT input_fingerprint, member_count, member_bytes FROM target
      RETURNING id, fingerprint
    ),
    listed AS (
      INSERT INTO input_set_member (input_set_id, item_id, content_hash)
      SELECT inputs.id, member.id, member.content_hash
      FROM (${stepMembers(selection)}) member JOIN target ON target.dims = member.key_dims JOIN inputs ON inputs.fingerprint = target.input_fingerprint
    ),
    done AS (
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, dims, input_fingerprint, recipe_hash,
        software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at, moved_by)
      SELECT pipeline.id, step.id, target.id, pipeline.processing_location_id, step.software_version_id, inputs.id, target.common_dims,
        target.input_fingerprint, step.recipe_hash, step.software_hash, step.config_hash, '{}', step.cpus, step.memory_mb, step.walltime_minutes,
        'COMPLETED', now(), 'bench'
      FROM target JOIN inputs ON inputs.fingerprint = target.input_fingerprint JOIN reduction_step step ON step.id = target.step_id
      JOIN pipeline ON pipeline.id = step.pipeline_id
      RETURNING id, sub_group_id
    )
    UPDATE sub_group g SET last_run_id = done.id, last_completed_run_id = done.id FROM done WHERE g.id = done.sub_group_id`,
  );
}

/** A change of a step's software or parameters, as applying a definition writes it. */
export async function changeRecipe(
  manager: EntityManager,
  stepId: number,
  { softwareHash }: { softwareHash: string },
): Promise<void> {
  const recipeHash = await aRecipe(manager);
  await queryRows(
    manager,
    sql`UPDATE reduction_step SET software_hash = ${softwareHash}, recipe_hash = ${recipeHash}, updated_at = now() WHERE id = ${stepId}`,
  );
}

export async function countStates(manager: EntityManager, stepId: number, state: string): Promise<number> {
  const row = await queryRow<{ count: number }>(
    manager,
    sql`SELECT count(*)::int AS count FROM sub_group WHERE step_id = ${stepId} AND state = ${state}`,
  );
  return row?.count ?? 0;
}
