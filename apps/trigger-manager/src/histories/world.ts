import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import {
  aGrouping,
  aLocation,
  aPipeline,
  aPool,
  aStep,
  type BuiltSoftware,
  aSoftwareVersion,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';
import type { History, PipelinePlan } from './history.js';

/** The rows that a history begins with and that its changes refer to. */
export interface World {
  readonly locationId: number;
  readonly poolId: number;
  readonly software: BuiltSoftware;
  readonly moduleIds: readonly number[];
  readonly executedObsUnitIds: readonly string[];
  readonly isClockFixed: boolean;
}

const MODULES = ['HFAV', 'LFA'] as const;
export const SOURCES = ['M17', 'Orion'] as const;
const EXECUTED_OBS_UNITS = 5;

/** Two sources, an observation unit of each, some executions under way, a place for jobs, and the pipelines of the history. */
export async function buildWorld(db: EntityManager, history: History): Promise<World> {
  const { moduleIds, executedObsUnitIds } = await buildObservatory(db);
  const world: World = {
    locationId: await aLocation(db),
    poolId: await aPoolId(db),
    software: await aSoftwareVersion(db),
    moduleIds,
    executedObsUnitIds,
    isClockFixed: history.isClockFixed,
  };
  for (const plan of history.pipelines) await buildPipeline(db, world, plan);
  return world;
}

export async function buildPipeline(db: EntityManager, world: World, plan: PipelinePlan): Promise<number> {
  const groupingId = await aGrouping(db, { filter: plan.filter });
  const { locationId, software } = world;
  const pipeline = await aPipeline(db, { groupingId, locationId, trigger: plan.trigger });
  const built: BuiltStep[] = [];
  for (const [position, step] of plan.steps.entries()) {
    const dependsOn = built.filter((_, index) => step.dependsOn.includes(index));
    const name = `step-${position}`;
    const made = await aStep(db, { ...step, pipeline, software, name, position, dependsOn });
    const expect = step.expect === null ? null : JSON.stringify(step.expect);
    await queryRows(
      db,
      sql`UPDATE reduction_step SET expect = ${expect}::jsonb, max_wait_seconds = ${step.maxWaitSeconds} WHERE id = ${made.stepId}`,
    );
    built.push(made);
  }
  return pipeline.pipelineId;
}

async function aPoolId(db: EntityManager): Promise<number> {
  const name = await aPool(db, 1);
  return (await idsOf(db, sql`SELECT id FROM run_pool WHERE name = ${name}`))[0] ?? 0;
}

async function buildObservatory(
  db: EntityManager,
): Promise<{ moduleIds: number[]; executedObsUnitIds: string[] }> {
  const row = await queryRow<{ moduleIds: number[]; obsUnitIds: number[] }>(
    db,
    sql`
    WITH site AS (INSERT INTO observatory (name) VALUES ('Site') RETURNING id),
    dish AS (INSERT INTO telescope (observatory_id, name) SELECT id, 'Dish' FROM site RETURNING id),
    receiver AS (INSERT INTO instrument (telescope_id, name) SELECT id, 'Receiver' FROM dish RETURNING id),
    modules AS (INSERT INTO instrument_module (instrument_id, name) SELECT id, unnest(${MODULES}::text[]) FROM receiver RETURNING id),
    program AS (INSERT INTO observing_program (name) VALUES ('Clouds') RETURNING id),
    sources AS (
      INSERT INTO source (name, kind, ra_deg, dec_deg, metadata)
      SELECT name, 'FIXED', 10 * nr, 5, jsonb_build_object('quality', 2 + nr) FROM unnest(${SOURCES}::text[]) WITH ORDINALITY AS given (name, nr)
      RETURNING id, name
    ),
    units AS (
      INSERT INTO obs_unit (name, observing_program_id, source_id, instrument_id, line)
      SELECT sources.name, program.id, sources.id, receiver.id, CASE sources.name WHEN 'M17' THEN 'CO43' ELSE 'CI10' END
      FROM sources, program, receiver RETURNING id
    )
    SELECT ARRAY(SELECT id FROM modules ORDER BY id) AS "moduleIds", ARRAY(SELECT id FROM units ORDER BY id) AS "obsUnitIds"`,
  );
  const { moduleIds = [], obsUnitIds = [] } = row ?? {};
  const executedObsUnitIds = Array.from(
    { length: EXECUTED_OBS_UNITS },
    (_, n) => `00000000-0000-4000-8000-00000000000${n}`,
  );
  await queryRows(
    db,
    sql`INSERT INTO executed_obs_unit (id, obs_unit_id, started_at)
        SELECT given.id, (${obsUnitIds}::bigint[])[1 + nr % 2], '2026-02-28T00:00:00Z'::timestamptz + nr * interval '5 hours'
        FROM unnest(${executedObsUnitIds}::uuid[]) WITH ORDINALITY AS given (id, nr)`,
  );
  return { moduleIds, executedObsUnitIds };
}

/** An id that matches, chosen by its place among them, so that another history with other ids chooses alike. */
export const idsOf = async <Id = number>(db: EntityManager, query: ReturnType<typeof sql>): Promise<Id[]> =>
  (await queryRows<{ id: Id }>(db, query)).map((row) => row.id);
