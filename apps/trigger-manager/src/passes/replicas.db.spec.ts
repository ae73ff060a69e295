import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aGrouping, aPipeline, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { ImagingWorld } from '../testing/imaging-world.js';
import { EvaluateGapsPass } from './evaluate-gaps.pass.js';

/** Lines that a replica logged as errors. */
type Log = { readonly msg: string; readonly err?: { readonly message: string } }[];

describe('several trigger-managers', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());

  const replica = (dataSource: DataSource, log: Log = []): EvaluateGapsPass =>
    new EvaluateGapsPass({
      dataSource,
      actor: 'trigger-manager@replica',
      logger: pino(
        { level: 'error' },
        { write: (line: string) => log.push(JSON.parse(line) as Log[number]) },
      ),
      now: () => Promise.resolve(world.clock),
      fireLimit: 1000,
    });

  const tick = (pass: EvaluateGapsPass): Promise<number> => pass.run(new AbortController().signal);

  const runsPerSubGroup = (step: BuiltStep) =>
    queryRows<{ file: string; runs: number }>(
      world.db,
      sql`SELECT g.dims ->> 'raw_data_file' AS file, count(run.id)::int AS runs
          FROM sub_group g LEFT JOIN run ON run.sub_group_id = g.id WHERE g.step_id = ${step.stepId} GROUP BY 1 ORDER BY 1`,
    );

  it('create one run for every sub-group while files arrive, and lose none', async () => {
    const { extract } = await world.imaging();
    const replicas = [replica(world.test.dataSource), replica(world.test.dataSource)];
    const files = Array.from({ length: 30 }, (_, n) => `${String(n).padStart(2, '0')}.fits`);

    for (let n = 0; n < files.length; n += 3) {
      await Promise.all([...files.slice(n, n + 3).map((file) => world.aTile(file)), ...replicas.map(tick)]);
    }
    for (const one of replicas) await tick(one);

    expect(await runsPerSubGroup(extract)).toEqual(files.map((file) => ({ file, runs: 1 })));
  });

  it('change nothing when one is cut off in the middle, and another takes over at once', async () => {
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    await world.complete(extract);
    await world.aTile('b.fits');
    const [held, before] = [await holdInTheMiddle(), await everySubGroup()];

    await queryRows(world.db, sql`SELECT pg_terminate_backend(${held.pid})`);
    await held.ended;
    await held.release();

    expect(await everySubGroup()).toEqual(before);
    await tick(replica(world.test.dataSource));
    expect(await runsPerSubGroup(extract)).toEqual([
      { file: 'a.fits', runs: 1 },
      { file: 'b.fits', runs: 1 },
    ]);
    expect(held.log).not.toEqual([]);
  });

  it('evaluate every other pipeline when one has a definition that cannot be read, and say which and why', async () => {
    const groupingId = await aGrouping(world.db);
    const broken = await aStep(world.db, { pipeline: await aPipeline(world.db, { groupingId }) });
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await queryRows(
      world.db,
      sql`UPDATE data_grouping SET filter = '[{"table": "Source", "column": "no_such_column", "operator": "eq", "value": 1}]' WHERE id = ${groupingId}`,
    );
    const log: Log = [];
    const pass = replica(world.test.dataSource, log);

    await tick(pass);
    await world.aTile('b.fits');
    await tick(pass);

    expect(await world.states(extract)).toEqual(['running', 'running']);
    expect(await world.states(broken)).toEqual([]);
    expect(log[0]).toMatchObject({
      pipelineId: broken.pipelineId,
      msg: 'pipeline not evaluated, will be tried again',
      err: { message: expect.stringContaining('must be a column of Source') },
    });
  });

  const everySubGroup = (): Promise<object[]> =>
    queryRows(world.db, sql`SELECT * FROM sub_group ORDER BY id`);

  /** A replica that has begun to write and waits for the lock of a run's table, with the process that serves it. */
  async function holdInTheMiddle() {
    const blocker = world.test.dataSource.createQueryRunner();
    await blocker.startTransaction();
    await queryRows(blocker.manager, sql`LOCK TABLE run IN SHARE MODE`);
    const log: Log = [];
    const ended = tick(replica(world.test.dataSource, log)).catch((error: unknown) =>
      log.push({ msg: String(error) }),
    );
    const blocked = (): Promise<{ pid: number } | undefined> =>
      queryRow(
        world.db,
        sql`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
    let found = await blocked();
    while (found === undefined) found = await blocked();
    const release = async (): Promise<void> => {
      await blocker.rollbackTransaction();
      await blocker.release();
    };
    return { pid: found.pid, ended, log, release };
  }
});
