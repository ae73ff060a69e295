import { createHash } from 'node:crypto';
import { sql, type Dims } from '@meridian/core';
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
import { buildPipeline, idsOf } from './world.js';

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

const EDITS = [
  'group_by',
  'inputs',
  'upstream_policy',
  'min_members',
  'settle_seconds',
  'cooldown_seconds',
  'expect',
  'expect',
  'max_wait_seconds',
  'software',
  'config',
  'pool',
] as const;

const editStep: Change = async (db, random, world) => {
  const id = random.oneOf(await idsOf(db, sql`SELECT id FROM reduction_step ORDER BY id`)) ?? 0;
  const edit = random.pick(EDITS);
  const hash = createHash('sha256')
    .update(String(random.whole(1, 3)))
    .digest('hex');
  // What a recipe names is hashed into it: group_by and inputs change the result, too.
  const config = sql`config_hash = ${hash}`;
  switch (edit) {
    case 'group_by': {
      const groupBy = JSON.stringify(planGroupBy(random));
      await queryRows(db, sql`UPDATE reduction_step SET group_by = ${groupBy}, ${config} WHERE id = ${id}`);
      return `${id} group_by ${groupBy}`;
    }
    case 'inputs': {
      const inputs = JSON.stringify(planInputs(random));
      await queryRows(db, sql`UPDATE reduction_step SET inputs = ${inputs}, ${config} WHERE id = ${id}`);
      return `${id} inputs ${inputs}`;
    }
    case 'upstream_policy': {
      const policy = random.pick(['all_current', 'available']);
      await queryRows(db, sql`UPDATE reduction_step SET upstream_policy = ${policy} WHERE id = ${id}`);
      return `${id} upstream_policy ${policy}`;
    }
    case 'min_members':
      await queryRows(
        db,
        sql`UPDATE reduction_step SET min_members = ${random.whole(1, 3)} WHERE id = ${id}`,
      );
      return `${id} min_members`;
    case 'settle_seconds':
      await queryRows(
        db,
        sql`UPDATE reduction_step SET settle_seconds = ${random.pick([0, 600, 3600])} WHERE id = ${id}`,
      );
      return `${id} settle_seconds`;
    case 'expect': {
      const expect = planExpectation(random);
      const text = expect === null ? null : JSON.stringify(expect);
      await queryRows(db, sql`UPDATE reduction_step SET expect = ${text}::jsonb WHERE id = ${id}`);
      return `${id} expect ${text}`;
    }
    case 'max_wait_seconds': {
      const seconds = planMaxWait(random);
      await queryRows(db, sql`UPDATE reduction_step SET max_wait_seconds = ${seconds} WHERE id = ${id}`);
      return `${id} max_wait_seconds ${seconds}`;
    }
    case 'cooldown_seconds':
      await queryRows(
        db,
        sql`UPDATE reduction_step SET cooldown_seconds = ${random.whole(0, 1) * 3600} WHERE id = ${id}`,
      );
      return `${id} cooldown_seconds`;
    case 'pool': {
      const isPooled = random.chance(0.5);
      await queryRows(
        db,
        sql`UPDATE reduction_step SET pool = (SELECT name FROM run_pool WHERE id = ${world.poolId} AND ${isPooled}) WHERE id = ${id}`,
      );
      return `${id} pool ${isPooled ? 'yes' : 'no'}`;
    }
    case 'software':
      await queryRows(db, sql`UPDATE reduction_step SET software_hash = ${hash} WHERE id = ${id}`);
      return `${id} software ${hash.slice(0, 4)}`;
    case 'config':
      await queryRows(db, sql`UPDATE reduction_step SET ${config} WHERE id = ${id}`);
      return `${id} config ${hash.slice(0, 4)}`;
  }
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
