import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { insertTriggerRequest, queryRow } from '@meridian/ops-db';
import { aGrouping, aPipeline, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import type { BenchmarkContext } from './report.js';
import type { Archive } from './gaps-databases.js';
import { countStates, Ticker } from './gaps-steps.js';
import { median, type Figure, type Figures } from './report.js';

const MOST = 3;
const MOST_MB = 300;
/** The most that MERIDIAN_TRIGGER_FIRE_LIMIT may be, and what it is when nobody says. */
const AT_ONCE = 100_000;
const DEFAULT_LIMIT = 10_000;
const TABLES = ['run_event', 'run', 'input_set_member', 'input_set'] as const;
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512'];
const POLL_MS = 20;
const PATIENCE_MS = 15 * 60_000;

/**
 * P4: a request for everything of a MANUAL pipeline → PENDING runs with frozen inputs, beside the same rows copied into the same
 * tables (run, input_set, input_set_member, and run_event by run's trigger). The engine also writes each sub-group's state, which
 * has nothing beside it. Both begin with the tables as they were, emptied of the other's rows and vacuumed.
 */
export async function firing(
  archive: Archive,
  { rounds, environment }: { rounds: number; environment: BenchmarkContext['environment'] },
): Promise<Figures> {
  const { items, client, dataSource } = archive;
  const step = await aModuleStep(archive);
  await new Ticker(dataSource, 1).tick();
  const wanted = await countStates(dataSource.manager, step.stepId, 'missing');
  const times: Record<'engine' | 'tenth' | 'plain', number[]> = { engine: [], tenth: [], plain: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.engine.push(await fire(archive, step, AT_ONCE, wanted));
    if (round === 0) await keepRows(archive, step);
    await unfire(archive, step);
    times.plain.push(await copyRows(archive));
    await unfire(archive, step);
    times.tenth.push(await fire(archive, step, DEFAULT_LIMIT, wanted));
    await unfire(archive, step);
  }
  const megabytes = await daemonMegabytes(archive, step, { wanted, environment });
  await unfire(archive, step);
  await client.query(`DROP TABLE ${TABLES.map((table) => `kept_${table}`).join(', ')}`);
  const plain = median(times.plain);
  const note = `${wanted} runs over ${items} inputs, ${rounds} interleaved rounds`;
  return {
    [`P4, ${wanted} runs`]: {
      ...beside(median(times.engine), plain),
      note: `${note}; the yardstick: run, input_set, input_set_member, and run_event by its trigger`,
    },
    [`P4, ${wanted} runs, ${DEFAULT_LIMIT} a tick`]: {
      ...beside(median(times.tenth), plain),
      note: `${note}; the same with the daemon's default limit`,
    },
    [`P4 memory, ${wanted} runs`]: {
      value: megabytes,
      unit: 'MB resident at most',
      yardstick: null,
      ratio: null,
      goal: `≤ ${MOST_MB} MB`,
      holds: megabytes <= MOST_MB,
      note: 'the whole trigger-manager, with the flags of its unit',
    },
  };
}

function beside(value: number, yardstick: number): Figure {
  const ratio = value / yardstick;
  return {
    value,
    unit: 'ms',
    yardstick: { name: 'INSERT … SELECT of the same rows', value: yardstick },
    ratio,
    goal: `≤ ${MOST} ×`,
    holds: ratio <= MOST,
  };
}

/** A sub-group for each module of each observation: ten files. */
async function aModuleStep({ dataSource: { manager }, step: { locationId } }: Archive): Promise<BuiltStep> {
  const groupingId = await aGrouping(manager, { name: 'modules' });
  const pipeline = await aPipeline(manager, { groupingId, locationId, trigger: 'MANUAL' });
  return aStep(manager, { pipeline, groupBy: ['executed_obs_unit', 'instrument_module'] });
}

async function request({ dataSource: { manager } }: Archive, { pipelineId }: BuiltStep): Promise<void> {
  const everything = { selection: {}, steps: null, force: false, overrides: {}, actor: 'bench' };
  await insertTriggerRequest(manager, { pipelineId, ...everything });
}

async function fire(archive: Archive, step: BuiltStep, limit: number, wanted: number): Promise<number> {
  const ticker = new Ticker(archive.dataSource, limit);
  const startedAt = performance.now();
  await request(archive, step);
  let created = 0;
  for (let fired = -1; created < wanted && fired !== 0; created += fired) ({ fired } = await ticker.tick());
  const milliseconds = performance.now() - startedAt;
  if (created !== wanted) throw new Error(`${created} of ${wanted} runs were created`);
  return milliseconds;
}

/** What the engine wrote, to be written again by hand. */
async function keepRows({ client }: Archive, { stepId }: BuiltStep): Promise<void> {
  const runs = `SELECT id FROM run WHERE step_id = ${stepId}`;
  const sets = `SELECT input_set_id FROM run WHERE step_id = ${stepId}`;
  await client.query(`CREATE TABLE kept_run AS SELECT * FROM run WHERE step_id = ${stepId}`);
  await client.query(`CREATE TABLE kept_run_event AS SELECT * FROM run_event WHERE run_id IN (${runs})`);
  await client.query(`CREATE TABLE kept_input_set AS SELECT * FROM input_set WHERE id IN (${sets})`);
  await client.query(
    `CREATE TABLE kept_input_set_member AS SELECT * FROM input_set_member WHERE input_set_id IN (${sets})`,
  );
  await client.query(`ANALYZE ${TABLES.map((table) => `kept_${table}`).join(', ')}`);
}

async function copyRows({ client }: Archive): Promise<number> {
  const startedAt = performance.now();
  await client.query('BEGIN');
  for (const table of ['input_set', 'input_set_member', 'run'])
    await client.query(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_${table}`);
  await client.query('COMMIT');
  return performance.now() - startedAt;
}

/** As if the step never had run: without foreign keys' checks, which would look for each row's dependants. */
async function unfire({ client }: Archive, { stepId, pipelineId }: BuiltStep): Promise<void> {
  await client.query('SET session_replication_role = replica');
  await client.query(
    `UPDATE sub_group SET state = 'missing', detail = '{}', last_run_id = NULL, last_fired_at = NULL WHERE step_id = $1`,
    [stepId],
  );
  await client.query('UPDATE trigger_request SET closed_at = now() WHERE pipeline_id = $1', [pipelineId]);
  await client.query('DELETE FROM run_event WHERE run_id IN (SELECT id FROM run WHERE step_id = $1)', [
    stepId,
  ]);
  const sets = 'SELECT input_set_id FROM run WHERE step_id = $1';
  await client.query(`DELETE FROM input_set_member WHERE input_set_id IN (${sets})`, [stepId]);
  await client.query(`DELETE FROM input_set WHERE id IN (${sets})`, [stepId]);
  await client.query('DELETE FROM run WHERE step_id = $1', [stepId]);
  await client.query('SET session_replication_role = origin');
  await client.query(`VACUUM (ANALYZE) sub_group, ${TABLES.join(', ')}`);
  await client.query('CHECKPOINT');
}

/** The most memory that a trigger-manager has had when it has created all runs at once. */
async function daemonMegabytes(
  archive: Archive,
  step: BuiltStep,
  { wanted, environment }: { wanted: number; environment: BenchmarkContext['environment'] },
): Promise<number> {
  await request(archive, step);
  const entry = join(__dirname, '..', '..', 'apps', 'trigger-manager', 'dist', 'main.js');
  const settings = {
    ...environment,
    DATABASE_URL: archive.url,
    MERIDIAN_LOG_LEVEL: 'warn',
    MERIDIAN_TRIGGER_FIRE_LIMIT: String(AT_ONCE),
  };
  const daemon = spawn(process.execPath, [...NODE_FLAGS, entry], {
    env: settings,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  try {
    const until = performance.now() + PATIENCE_MS;
    while ((await runsOf(archive, step)) < wanted) {
      if (daemon.exitCode !== null) throw new Error(`the trigger-manager ended with ${daemon.exitCode}`);
      if (performance.now() > until) throw new Error('the trigger-manager did not create the runs');
      await sleep(POLL_MS);
    }
    const status = await readFile(`/proc/${daemon.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }
}

async function runsOf({ dataSource }: Archive, { stepId }: BuiltStep): Promise<number> {
  const row = await queryRow<{ count: number }>(
    dataSource.manager,
    sql`SELECT count(*)::int AS count FROM run WHERE step_id = ${stepId}`,
  );
  return row?.count ?? 0;
}
