import { sql } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import {
  failRuns,
  insertRawFiles,
  queryRow,
  queryRows,
  replaceRawFileContents,
  requestRetry,
  type RawFileRecord,
} from '@meridian/ops-db';
import { aLocation, type BuiltStep } from '@meridian/ops-db/testing';
import { ImagingWorld } from '../testing/imaging-world.js';

const HOUR_MS = 3_600_000;

describe('a sub-group', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());

  const passTime = (milliseconds: number): void => {
    world.clock = new Date(world.clock.getTime() + milliseconds);
  };

  const touch = (file: string, content: string): Promise<unknown[]> =>
    queryRows(
      world.db,
      sql`UPDATE data_item SET content_hash = ${content.repeat(64)}, changed_at = now() WHERE name = ${file}`,
    );

  const fail = async (step: BuiltStep): Promise<number> => {
    const run = await queryRow<{ id: number }>(
      world.db,
      sql`SELECT id FROM run WHERE step_id = ${step.stepId} AND status = 'PENDING'`,
    );
    const failure = {
      fromStatus: 'PENDING',
      failureClass: 'SOFTWARE',
      reason: 'exit code 1',
      retry: null,
    } as const;
    await failRuns(world.db, { actor: 'test', failures: [{ runId: run?.id ?? 0, ...failure }] });
    return run?.id ?? 0;
  };

  it('gets one more run for all the data that came during its run, once it has cooled down', async () => {
    const { extract, mosaic } = await world.imaging({ mosaic: { cooldownSeconds: 7200 } });
    await world.aTile('a.fits');
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    for (const file of ['b.fits', 'c.fits', 'd.fits']) {
      await world.aTile(file);
      await world.evaluate();
      await world.complete(extract);
      await world.evaluate();
    }
    expect(await world.states(mosaic)).toEqual(['running']);

    await world.complete(mosaic);
    await world.evaluate();
    expect(await world.gaps(mosaic)).toMatchObject([{ state: 'cooling_down', causes: ['input_added'] }]);
    passTime(2 * HOUR_MS);
    const fired = [await world.evaluate(), await world.evaluate()];

    expect(fired).toEqual([1, 0]);
    expect((await world.runsOf(mosaic)).map((run) => run.inputs.length)).toEqual([1, 4]);
  });

  it('that failed for good does not run again with the same inputs and recipe, however often it is looked at', async () => {
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    await fail(extract);
    await world.aTile('b.fits');
    await world.evaluate();
    passTime(24 * HOUR_MS);

    expect(await world.evaluate()).toBe(0);
    expect((await world.runsOf(extract)).map((run) => run.inputs)).toEqual([['a.fits'], ['b.fits']]);
    expect(await world.states(extract)).toEqual(['failed', 'running']);
  });

  it('that failed for good runs again when its inputs change', async () => {
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    await fail(extract);

    await touch('a.fits', 'e');

    expect([await world.evaluate(), await world.states(extract)]).toEqual([1, ['running']]);
  });

  it.each(['software_hash', 'config_hash'])(
    'that failed for good runs again when its %s changes',
    async (column) => {
      const { extract } = await world.imaging();
      await world.aTile('a.fits');
      await world.evaluate();
      await fail(extract);
      await world.evaluate();

      await queryRows(
        world.db,
        sql`UPDATE reduction_step SET software_hash = CASE WHEN ${column} = 'software_hash' THEN 'other' ELSE software_hash END,
            config_hash = CASE WHEN ${column} = 'config_hash' THEN 'other' ELSE config_hash END WHERE id = ${extract.stepId}`,
      );

      expect([await world.evaluate(), await world.states(extract)]).toEqual([1, ['running']]);
    },
  );

  it('that failed for good runs again, as the same run, when a person retries it', async () => {
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    const runId = await fail(extract);
    await world.evaluate();

    const resources = { cpus: null, memoryMb: null, walltimeMinutes: null };
    await requestRetry(world.db, { runId, actor: 'ada', resources });

    expect([await world.evaluate(), await world.states(extract)]).toEqual([0, ['running']]);
    await world.complete(extract);
    await world.evaluate();
    expect(await world.states(extract)).toEqual(['current']);
  });

  it('never has two active runs, whatever changes while several evaluators fire', async () => {
    const { extract, mosaic } = await world.imaging();
    const random = new Random(20_260_301);
    const files = ['a.fits', 'b.fits', 'c.fits'];
    for (const file of files) await world.aTile(file);
    for (let round = 0; round < 25; round += 1) {
      const changes = [
        () => touch(random.oneOf(files) ?? '', String(round % 10)),
        () => world.complete(random.chance(0.7) ? extract : mosaic),
        () => touch(random.oneOf(files) ?? '', 'f'),
      ];
      await Promise.all([world.evaluate(), random.oneOf(changes)?.(), world.evaluate()]);
    }

    // By the events, not by the index that forbids it: the time from a run's creation to its end.
    const overlapping = await queryRows(
      world.db,
      sql`WITH life AS (SELECT run.id, run.sub_group_id, run.status IN ('COMPLETED') AS is_over, min(event.id) AS born, max(event.id) AS last
            FROM run JOIN run_event event ON event.run_id = run.id GROUP BY run.id)
          SELECT a.id, b.id FROM life a JOIN life b ON a.sub_group_id = b.sub_group_id AND a.id < b.id AND (NOT a.is_over OR a.last > b.born)`,
    );
    const runs = [await world.runsOf(extract), await world.runsOf(mosaic)].map((list) => list.length);
    expect(overlapping).toEqual([]);
    expect(runs[0]).toBeGreaterThan(files.length);
  });
});

describe('three spectra in two groups', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());

  const spectrum = (name: string, star: string, locationId: number, content: string): RawFileRecord => ({
    externalId: name,
    name,
    dims: { dataset: 'm17', star, raw_data_file: name },
    contentHash: content.repeat(64),
    sizeBytes: 100,
    obsTime: null,
    obsTimeEnd: null,
    raDeg: null,
    decDeg: null,
    metadata: null,
    packageId: null,
    executedObsUnitId: null,
    moduleId: null,
    locationId,
    path: name,
  });

  it('are two runs; none after they ran; one when an input is touched; two when one joins and one is new', async () => {
    const { extract } = await world.imaging({ extract: { groupBy: ['star'] } });
    const locationId = await aLocation(world.db, { kind: 'BUFFER' });
    const round = async (): Promise<number> => {
      const before = (await world.runsOf(extract)).length;
      await world.evaluate();
      const created = (await world.runsOf(extract)).length - before;
      await world.complete(extract);
      return created;
    };

    await insertRawFiles(world.db, [
      spectrum('1.fits', 'vega', locationId, 'a'),
      spectrum('2.fits', 'vega', locationId, 'b'),
      spectrum('3.fits', 'deneb', locationId, 'c'),
    ]);
    const created = [await round(), await round()];
    await replaceRawFileContents(world.db, [spectrum('2.fits', 'vega', locationId, 'd')]);
    created.push(await round());
    await insertRawFiles(world.db, [
      spectrum('4.fits', 'deneb', locationId, 'e'),
      spectrum('5.fits', 'altair', locationId, 'f'),
    ]);
    created.push(await round());

    expect(created).toEqual([2, 0, 1, 2]);
  });
});
