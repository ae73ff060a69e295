import { requireRebuild, trimChanges } from '@meridian/ops-db';
import { Telescope } from './gaps-archive.js';
import type { Archive } from './gaps-databases.js';
import { Ticker } from './gaps-steps.js';
import { median, type Figure, type Figures } from './report.js';

const NEW_FILES = 1000;
const IDLE_TICKS = 100;
const MOST = 5;
const FLAT = 1.5;
const IDLE_MS = 2;

export interface Changes {
  readonly items: number;
  readonly tickMs: number;
}

/** P2 at one size: 1,000 new files, then one tick of 20 steps; files that come late; ticks with nothing new; and the control. */
export async function changes(
  archive: Archive,
  rounds: number,
): Promise<{ measured: Changes; figures: Figures }> {
  const { items, dataSource } = archive;
  const telescope = await Telescope.at(dataSource.manager);
  const ticker = new Ticker(dataSource, 1);
  const observed = await register(rounds, () => telescope.observe(NEW_FILES), archive, ticker);
  const late = await register(rounds, () => telescope.late(NEW_FILES), archive, ticker);
  // Once, and cold: it takes a quarter of an hour at the largest archive, and fails by far.
  const anew = [
    await oneRound(
      async () => {
        const milliseconds = await telescope.observe(NEW_FILES);
        await requireRebuild(dataSource.manager, null);
        return milliseconds;
      },
      archive,
      ticker,
    ),
  ];
  const figure = beside(observed);
  const control = beside(anew);
  return {
    measured: { items, tickMs: figure.value },
    figures: {
      [`P2 at ${items}`]: { ...figure, note: `of new observations; medians of ${rounds} rounds` },
      [`P2 at ${items}, late files`]: {
        ...beside(late),
        note: `each a further file of another observation: ${NEW_FILES} known sub-groups of most steps change, one of which steps is reduced`,
      },
      [`P2 at ${items}, control`]: {
        ...control,
        goal: `> ${MOST} ×: the measurement must tell`,
        holds: (control.ratio ?? 0) > MOST,
        note: 'the same with every step evaluated from scratch',
      },
      ...(await idleTicks(archive, ticker)),
    },
  };
}

interface Round {
  readonly insertMs: number;
  readonly tickMs: number;
}

async function register(
  rounds: number,
  insert: () => Promise<number>,
  archive: Archive,
  ticker: Ticker,
): Promise<readonly Round[]> {
  // One round more, which is not counted: plans and caches of the first are cold for both.
  await oneRound(insert, archive, ticker);
  const counted: Round[] = [];
  for (let round = 0; round < rounds; round += 1) counted.push(await oneRound(insert, archive, ticker));
  return counted;
}

async function oneRound(
  insert: () => Promise<number>,
  { dataSource }: Archive,
  ticker: Ticker,
): Promise<Round> {
  const insertMs = await insert();
  const { milliseconds: tickMs } = await ticker.tick();
  await trimChanges(dataSource.manager);
  return { insertMs, tickMs };
}

function beside(rounds: readonly Round[]): Figure {
  const value = median(rounds.map(({ tickMs }) => tickMs));
  const yardstick = median(rounds.map(({ insertMs }) => insertMs));
  const ratio = value / yardstick;
  return {
    value,
    unit: 'ms',
    yardstick: { name: `registering ${NEW_FILES} files as the API does`, value: yardstick },
    ratio,
    goal: `≤ ${MOST} ×`,
    holds: ratio <= MOST,
  };
}

/** Ticks with nothing new: what the database spends (planning and execution), beside what the clock on the wall says. */
async function idleTicks({ items, client }: Archive, ticker: Ticker): Promise<Figures> {
  await ticker.tick();
  await client.query('SELECT pg_stat_statements_reset()');
  const walls: number[] = [];
  for (let tick = 0; tick < IDLE_TICKS; tick += 1) walls.push((await ticker.tick()).milliseconds);
  const { rows } = await client.query<{ spent: number; calls: number }>(
    `SELECT sum(total_plan_time + total_exec_time)::float8 AS spent, sum(calls)::int AS calls FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%pg_stat_statements%'`,
  );
  const value = (rows[0]?.spent ?? Number.NaN) / IDLE_TICKS;
  return {
    [`P2 at ${items}, nothing new`]: {
      value,
      unit: 'ms of database time',
      yardstick: null,
      ratio: null,
      goal: `≤ ${IDLE_MS} ms`,
      holds: value <= IDLE_MS,
      note: `mean of ${IDLE_TICKS} ticks of ${(rows[0]?.calls ?? 0) / IDLE_TICKS} statements; wall ${median(walls).toFixed(1)} ms (median)`,
    },
  };
}

/** Whether a tick costs the same whatever the archive holds. */
export function flatness(sizes: readonly Changes[]): Figures {
  const first = sizes[0];
  const last = sizes.at(-1);
  if (first === undefined || last === undefined || first === last) return {};
  const ratio = last.tickMs / first.tickMs;
  return {
    [`P2 flatness, ${first.items} to ${last.items}`]: {
      value: last.tickMs,
      unit: 'ms',
      yardstick: { name: `at ${first.items}`, value: first.tickMs },
      ratio,
      goal: `≤ ${FLAT} ×`,
      holds: ratio <= FLAT,
    },
  };
}
