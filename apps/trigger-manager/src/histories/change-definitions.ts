import { createHash } from 'node:crypto';
import { rawSql, sql, type Dims, type Json, type JsonObject, type SqlFragment } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  applyGrouping,
  closeGrouping,
  lockDefinitions,
  queryRows,
  setStepDependencies,
} from '@meridian/ops-db';
import type { Change } from './change-data.js';
import { planPipeline, type ChangeName } from './history.js';
import { planExpectation, planFilter, planGroupBy, planInputs, planMaxWait } from './plan-rules.js';
import { DATA_CHANGES } from './change-data.js';
import { HOLD_CHANGES } from './change-holds.js';
import { RUN_CHANGES } from './change-runs.js';
import { buildPipeline, idsOf, type World } from './world.js';

const editFilter: Change = async (db, random, world) => {
  const name = random.oneOf(await idsOf<string>(db, sql`SELECT name AS id FROM data_grouping ORDER BY id`));
  if (name === undefined) return null;
  const filter = planFilter(random, world.isClockFixed);
  await applyGrouping(db, { name, description: '', filter });
  return `${name}: ${JSON.stringify(filter)}`;
};

const SELECTIONS: readonly Dims[] = [
  {},
  { source: 'M17' },
  { dataset: 'a' },
  { line: 'CO43', source: 'M17' },
];

/** Nothing more will come, somebody says. */
const close: Change = async (db, random) => {
  const groupingId = random.oneOf(await idsOf(db, sql`SELECT id FROM data_grouping ORDER BY id`)) ?? 0;
  const selection = random.oneOf(SELECTIONS) ?? {};
  await closeGrouping(db, { groupingId, selection, actor: 'ada', reason: 'the night is over' });
  return `${groupingId} ${JSON.stringify(selection)}`;
};

interface StepEdit {
  readonly set: SqlFragment;
  /** What it is now, in words. */
  readonly to: unknown;
}

const aHash = (random: Random): string =>
  createHash('sha256')
    .update(String(random.whole(1, 3)))
    .digest('hex');

const edited = (column: string, value: number | string): StepEdit => ({
  set: sql`${rawSql(column)} = ${value}`,
  to: value,
});

/** Of what a recipe names, which is hashed into it: group_by and inputs change the result, too. */
const editedRecipe = (column: 'group_by' | 'inputs', rule: Json, random: Random): StepEdit => {
  const text = JSON.stringify(rule);
  return { set: sql`${rawSql(column)} = ${text}::jsonb, config_hash = ${aHash(random)}`, to: text };
};

const expected = (expect: JsonObject | null): StepEdit => {
  const text = expect === null ? null : JSON.stringify(expect);
  return { set: sql`expect = ${text}::jsonb`, to: text };
};

const waited = (seconds: number | null): StepEdit => ({
  set: sql`max_wait_seconds = ${seconds}`,
  to: seconds,
});

const pooled = (isPooled: boolean, { poolId }: World): StepEdit => ({
  set: sql`pool = (SELECT name FROM run_pool WHERE id = ${poolId} AND ${isPooled})`,
  to: isPooled,
});

const STEP_EDITS = {
  group_by: (random) => editedRecipe('group_by', planGroupBy(random), random),
  inputs: (random) => editedRecipe('inputs', planInputs(random), random),
  upstream_policy: (random) => edited('upstream_policy', random.pick(['all_current', 'available'])),
  min_members: (random) => edited('min_members', random.whole(1, 3)),
  settle_seconds: (random) => edited('settle_seconds', random.pick([0, 600, 3600])),
  cooldown_seconds: (random) => edited('cooldown_seconds', random.whole(0, 1) * 3600),
  expect: (random) => expected(planExpectation(random)),
  max_wait_seconds: (random) => waited(planMaxWait(random)),
  pool: (random, world) => pooled(random.chance(0.5), world),
  software: (random) => edited('software_hash', aHash(random)),
  config: (random) => edited('config_hash', aHash(random)),
} as const satisfies Record<string, (random: Random, world: World) => StepEdit>;

const EDIT_WEIGHTS: Readonly<Record<keyof typeof STEP_EDITS, number>> = {
  group_by: 3,
  inputs: 1,
  upstream_policy: 1,
  min_members: 1,
  settle_seconds: 1,
  cooldown_seconds: 1,
  expect: 2,
  max_wait_seconds: 1,
  pool: 0.5,
  software: 1,
  config: 1,
};

const editStep: Change = async (db, random, world) => {
  const id = random.oneOf(await idsOf(db, sql`SELECT id FROM reduction_step ORDER BY id`)) ?? 0;
  const edit = random.weighted(EDIT_WEIGHTS);
  const { set, to } = STEP_EDITS[edit](random, world);
  await queryRows(db, sql`UPDATE reduction_step SET ${set} WHERE id = ${id}`);
  return `${id} ${edit} ${String(to)}`;
};

/**
 * The steps of a pipeline in another order, and other dependencies from earlier ones to later ones. One change at a time, as `apply`
 * does it: two at once could depend on each other.
 */
const editDependencies: Change = async (db, random) => {
  await lockDefinitions(db);
  const pipelineId = random.oneOf(await idsOf(db, sql`SELECT id FROM pipeline ORDER BY id`)) ?? 0;
  const names = await idsOf<string>(
    db,
    sql`SELECT name AS id FROM reduction_step WHERE pipeline_id = ${pipelineId} ORDER BY position`,
  );
  if (names.length < 2) return null;
  if (random.chance(0.4)) names.push(...names.splice(random.whole(0, names.length - 2), 1));
  const dependencies = names.flatMap((step, place) =>
    names
      .slice(0, place)
      .filter(() => random.chance(0.4))
      .map((upstream) => ({ step, upstream })),
  );
  await queryRows(
    db,
    sql`UPDATE reduction_step step SET position = ordered.place FROM unnest(${names}::text[]) WITH ORDINALITY AS ordered(name, place)
        WHERE step.pipeline_id = ${pipelineId} AND step.name = ordered.name`,
  );
  await setStepDependencies(db, pipelineId, dependencies);
  return `of ${pipelineId} in the order ${names.join(', ')}: ${dependencies.map(({ step, upstream }) => `${step} on ${upstream}`).join(', ') || 'none'}`;
};

const MOST_PIPELINES = 3;

const addPipeline: Change = async (db, random, world) => {
  const known = await idsOf(db, sql`SELECT id FROM pipeline`);
  if (known.length >= MOST_PIPELINES) return null;
  const plan = planPipeline(random, world.isClockFixed);
  return `${await buildPipeline(db, world, plan)} ${JSON.stringify(plan)}`;
};

/** Everything that a writer of a history does. */
export const CHANGES: Readonly<Record<ChangeName, Change>> = {
  ...DATA_CHANGES,
  ...RUN_CHANGES,
  ...HOLD_CHANGES,
  'edit filter': editFilter,
  'close grouping': close,
  'edit step': editStep,
  'edit dependencies': editDependencies,
  'add pipeline': addPipeline,
};
