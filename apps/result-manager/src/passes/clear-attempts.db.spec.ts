import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql, type JsonObject, type RunStatus } from '@meridian/core';
import { createLogger, type Logger } from '@meridian/daemon';
import { mountedFiles } from '@meridian/hpc';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import { aStep, aRun, anAttempt } from '@meridian/ops-db/testing';
import { makeMortal, mortalFiles, type Death } from '../testing/dying-data-source.js';
import { RetentionWorld } from '../testing/retention-world.js';
import { ClearAttemptsPass, type ClearAttemptsOptions } from './clear-attempts.pass.js';

const NEVER = new AbortController().signal;
const LEFT = [
  'claim/job',
  'config/manifest.json',
  'input/raw.fits',
  'job.sh',
  'logs/stderr.log',
  'output/a/half.fits',
];

describe('ClearAttemptsPass', () => {
  let world: RetentionWorld;
  let logger: Logger;
  beforeEach(async () => {
    world = await RetentionWorld.open();
    logger = await createLogger({ name: 'test', level: 'fatal', format: 'json' });
  });
  afterEach(() => world.close());

  const clear = (options: Partial<ClearAttemptsOptions> = {}) =>
    new ClearAttemptsPass({
      ...{ dataSource: world.database.dataSource, actor: 'clearer', logger, filesOf: () => mountedFiles },
      ...{ leaseSeconds: 60, batchSize: 3, lookEveryMs: 0 },
      ...options,
    }).run(NEVER);

  interface Attempted {
    readonly status?: RunStatus;
    readonly daysAgo?: number;
    readonly retention?: JsonObject;
  }
  /** A run whose attempt ended so long ago, and what it left: ten bytes of each. */
  const attempted = async ({ status = 'FAILED', daysAgo = 15, retention }: Attempted = {}) => {
    const step = await aStep(world.db, {
      pipeline: world.maker,
      ...(retention === undefined ? {} : { retention }),
    });
    const directory = `p/${Math.random().toString(36).slice(2)}`;
    const run = await aRun(world.db, { step, status, directory });
    await ended(run.runId, 1, daysAgo);
    for (const name of LEFT) world.write(`${directory}/${name}`, 'ten bytes!');
    return { ...run, directory };
  };
  const ended = (runId: number, number: number, daysAgo: number) =>
    queryRows(
      world.db,
      sql`UPDATE attempt SET ended_at = now() - make_interval(days => ${daysAgo}::integer) WHERE run_id = ${runId} AND number = ${number} RETURNING run_id`,
    );
  const left = ({ directory }: { directory: string }): string[] =>
    LEFT.filter((name) => existsSync(world.at(`${directory}/${name}`)));
  const ledger = () =>
    queryRows(
      world.db,
      sql`SELECT run_id, attempt, path, files, bytes, reason FROM purge_decision ORDER BY run_id`,
    );
  const WITHOUT_BYTES = ['claim/job', 'config/manifest.json', 'job.sh', 'logs/stderr.log'];

  it('removes what a failed attempt made and was given, when its time is over, and keeps what tells of it', async () => {
    const [old, young, cancelled] = [
      await attempted(),
      await attempted({ daysAgo: 13 }),
      await attempted({ status: 'CANCELLED' }),
    ];
    expect(await clear()).toBe(2);
    expect([left(old), left(young), left(cancelled)]).toEqual([WITHOUT_BYTES, LEFT, WITHOUT_BYTES]);
    const reason = 'left by an attempt that failed';
    expect(await ledger()).toEqual(
      [old, cancelled].map(({ runId, directory }) => ({
        ...{ run_id: runId, attempt: 1, path: directory, files: 2, bytes: 20, reason },
      })),
    );
    expect(await clear()).toBe(0);
  });

  it('does so when the step says', async () => {
    const [sooner, later] = [
      await attempted({ daysAgo: 3, retention: { failed_attempt_days: 2 } }),
      await attempted({ daysAgo: 300, retention: { failed_attempt_days: 365 } }),
    ];
    await clear();
    expect([left(sooner), left(later)]).toEqual([WITHOUT_BYTES, LEFT]);
  });

  it('leaves the outputs of an attempt that made a result, and removes what was staged for it', async () => {
    const run = await attempted({ status: 'COMPLETED' });
    await clear();
    expect(left(run)).toEqual(LEFT.filter((name) => name !== 'input/raw.fits'));
  });

  it('leaves an attempt whose run goes on, and takes one that was tried again', async () => {
    const running = await attempted({ status: 'RUNNING' });
    const retried = await attempted({ status: 'RUNNING' });
    await anAttempt(world.db, retried.runId, { number: 2 });
    await queryRows(world.db, sql`UPDATE run SET attempt = 2 WHERE id = ${retried.runId} RETURNING id`);
    expect(await clear()).toBe(1);
    expect([left(running), left(retried)]).toEqual([LEFT, WITHOUT_BYTES]);
  });

  it('removes links, and never what they lead to', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
    writeFileSync(path.join(outside, 'mine.fits'), 'mine');
    const [linked, replaced] = [await attempted(), await attempted()];
    symlinkSync(outside, world.at(`${linked.directory}/output/out`));
    symlinkSync(path.join(outside, 'mine.fits'), world.at(`${linked.directory}/input/mine.fits`));
    rmSync(world.at(replaced.directory), { recursive: true });
    symlinkSync(outside, world.at(replaced.directory));
    expect(await clear()).toBe(1);
    expect(left(linked)).toEqual(WITHOUT_BYTES);
    expect(readdirSync(outside)).toEqual(['mine.fits']);
    rmSync(outside, { recursive: true });
  });

  it('says nothing in the ledger of links alone, of which every run has some', async () => {
    const run = await attempted({ status: 'COMPLETED' });
    rmSync(world.at(`${run.directory}/input/raw.fits`));
    symlinkSync('/somewhere', world.at(`${run.directory}/input/raw.fits`));
    expect(await clear()).toBe(1);
    expect(await ledger()).toEqual([]);
    expect(existsSync(world.at(`${run.directory}/input`))).toBe(false);
  });

  it('looks at all of them, however few at a time, once with several replicas', async () => {
    const runs = [];
    for (let n = 0; n < 9; n += 1) runs.push(await attempted(n % 2 === 0 ? {} : { daysAgo: 1 }));
    const cleared = await Promise.all(['a', 'b', 'c'].map((actor) => clear({ actor, batchSize: 2 })));
    expect(cleared.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(runs.map((run) => left(run).length)).toEqual([4, 6, 4, 6, 4, 6, 4, 6, 4]);
    expect(await ledger()).toHaveLength(5);
  });

  it.each(['before', 'after'] as const)(
    'notes what there was, once, when it dies %s any of its statements and file operations',
    async (when) => {
      for (let at = 1; ; at += 1) {
        const run = await attempted();
        const death: Death = { at, when, seen: 0 };
        const dataSource = await opsDataSource({
          ...{ url: world.database.url, applicationName: 'mortal', poolSize: 2 },
        }).initialize();
        makeMortal(dataSource, death);
        const filesOf = () => mortalFiles(mountedFiles, death);
        await clear({ dataSource, actor: 'mortal', filesOf }).catch(() => 0);
        await dataSource.destroy();
        await queryRows(
          world.db,
          sql`UPDATE attempt SET clearing_until = now() WHERE clearing_until IS NOT NULL RETURNING run_id`,
        );
        await clear();
        expect([at, left(run)]).toEqual([at, WITHOUT_BYTES]);
        const row = await queryRow(
          world.db,
          sql`SELECT count(*)::int AS rows, sum(bytes)::int AS bytes FROM purge_decision WHERE run_id = ${run.runId}`,
        );
        expect([at, row]).toEqual([at, { rows: 1, bytes: 20 }]);
        if (death.seen < at) {
          expect(at).toBeGreaterThan(6);
          break;
        }
      }
    },
  );
});
