import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aGrouping, aPipeline, aRawFile, aStep } from '@meridian/ops-db/testing';
import { ImagingWorld } from '../testing/imaging-world.js';

describe('EvaluateGapsPass', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());

  it('creates one run per missing sub-group with its inputs frozen, and none the second time', async () => {
    const { extract, mosaic } = await world.imaging();
    await world.aTile('a.fits');
    await world.aTile('b.fits');
    await aRawFile(world.db, { name: 'other.fits', dims: { dataset: 'm31', raw_data_file: 'other.fits' } });

    const fired = [await world.evaluate(), await world.evaluate()];

    expect(fired).toEqual([2, 0]);
    expect(await world.runsOf(extract)).toEqual([
      {
        id: expect.any(Number),
        inputs: ['a.fits'],
        causes: [],
        dims: { dataset: 'm17', raw_data_file: 'a.fits', filter: 'Ks' },
      },
      {
        id: expect.any(Number),
        inputs: ['b.fits'],
        causes: [],
        dims: { dataset: 'm17', raw_data_file: 'b.fits', filter: 'Ks' },
      },
    ]);
    expect(await world.gaps(mosaic)).toEqual([
      {
        dims: {},
        state: 'blocked',
        causes: [],
        detail: { blocked_by: [{ step: 'extract', state: 'running', count: 2 }] },
      },
    ]);
  });

  it('runs a fan-in step once everything upstream is current, over all its products', async () => {
    const { extract, mosaic } = await world.imaging();
    await world.aTile('a.fits');
    await world.aTile('b.fits');
    await world.evaluate();
    await world.complete(extract);

    await world.evaluate();

    const [run] = await world.runsOf(mosaic);
    expect(run?.inputs).toEqual(
      (await world.runsOf(extract)).map((upstream) => `extract-${upstream.id}.fits`),
    );
    expect(run?.dims).toEqual({ dataset: 'm17', filter: 'Ks' });
  });

  it('makes exactly one new run per step when one file is added, and says why', async () => {
    const { extract, mosaic } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    await world.complete(mosaic);
    await world.evaluate();
    expect([await world.states(extract), await world.states(mosaic)]).toEqual([['current'], ['current']]);

    await world.aTile('b.fits');
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    await world.complete(mosaic);
    const last = await world.evaluate();

    expect(last).toBe(0);
    expect((await world.runsOf(extract)).map((run) => run.causes)).toEqual([[], []]);
    expect((await world.runsOf(mosaic)).map((run) => run.causes)).toEqual([[], ['input_added']]);
  });

  it('names the cause when an input changes, is remade upstream, or goes away', async () => {
    const { extract, mosaic } = await world.imaging({ pipeline: { trigger: 'MANUAL' } });
    const [a, b] = [await world.aTile('a.fits'), await world.aTile('b.fits')];
    const request = () => {
      world.clock = new Date(world.clock.getTime() + 60_000);
      return queryRows(
        world.db,
        sql`INSERT INTO trigger_request (pipeline_id, requested_by, requested_at) VALUES (${extract.pipelineId}, 'ada', ${world.clock})`,
      );
    };
    await request();
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    await world.complete(mosaic);
    await world.evaluate();

    await queryRows(world.db, sql`UPDATE data_item SET content_hash = ${'c'.repeat(64)} WHERE id = ${a}`);
    await queryRows(world.db, sql`UPDATE data_item SET retired_at = now() WHERE id = ${b}`);
    await world.evaluate();

    expect((await world.gaps(extract)).map(({ state, causes }) => [state, causes])).toEqual([
      ['stale', ['input_changed']],
      ['incomplete', ['input_removed']],
    ]);
    await request();
    await world.evaluate();
    await world.complete(extract);
    await queryRows(
      world.db,
      sql`UPDATE pipeline SET paused_at = now(), paused_by = 'ada' WHERE id = ${extract.pipelineId}`,
    );
    await world.evaluate();
    expect(await world.gaps(mosaic)).toMatchObject([
      { state: 'paused', causes: ['input_removed', 'upstream_remade'] },
    ]);
  });

  it('makes exactly what depends on a changed configuration stale, and the step below wait for it', async () => {
    const { extract, mosaic } = await world.imaging({ pipeline: { trigger: 'MANUAL' } });
    await world.aTile('a.fits');
    await queryRows(
      world.db,
      sql`INSERT INTO trigger_request (pipeline_id, requested_by) VALUES (${extract.pipelineId}, 'ada')`,
    );
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    await world.complete(mosaic);
    await world.evaluate();

    await queryRows(
      world.db,
      sql`UPDATE reduction_step SET config_hash = 'changed' WHERE id = ${extract.stepId}`,
    );
    await world.evaluate();

    expect(await world.gaps(extract)).toMatchObject([{ state: 'stale', causes: ['config'] }]);
    expect(await world.gaps(mosaic)).toMatchObject([
      { state: 'blocked', detail: { blocked_by: [{ step: 'extract', state: 'stale', count: 1 }] } },
    ]);
  });

  it('keeps a file without the dimension visible as incomplete', async () => {
    const { extract } = await world.imaging();
    await aRawFile(world.db, { dims: { dataset: 'm17' } });

    await world.evaluate();

    expect(await world.gaps(extract)).toEqual([
      {
        dims: { raw_data_file: null },
        state: 'incomplete',
        causes: [],
        detail: { missing_dims: ['raw_data_file'] },
      },
    ]);
  });

  it('creates every run once when several evaluators race', async () => {
    const { extract } = await world.imaging();
    for (let n = 0; n < 20; n += 1) await world.aTile(`${n}.fits`);

    const fired = await Promise.all([1, 2, 3, 4].map(() => world.evaluate()));

    expect(fired.reduce((sum, n) => sum + n, 0)).toBe(20);
    expect(await world.runsOf(extract)).toHaveLength(20);
  });

  it('does not lose a file whose transaction commits after a later one was evaluated', async () => {
    const { extract } = await world.imaging();
    const late = world.test.dataSource.createQueryRunner();
    await late.startTransaction();
    await aRawFile(late.manager, { name: 'late.fits', dims: { dataset: 'm17', raw_data_file: 'late.fits' } });
    await world.aTile('early.fits');
    await world.evaluate();

    await late.commitTransaction();
    await late.release();
    await world.evaluate();

    expect((await world.runsOf(extract)).map((run) => run.inputs)).toEqual([['early.fits'], ['late.fits']]);
  });

  it('starts over where sums of members become impossible, and counts that as a defect', async () => {
    const { extract } = await world.imaging({ pipeline: { trigger: 'MANUAL' } });
    const tile = await world.aTile('a.fits');
    await world.evaluate();
    const membersAndDrift = () =>
      queryRows(
        world.db,
        sql`SELECT g.dims ->> 'raw_data_file' AS file, g.member_count AS members, drift.sub_groups AS drift
            FROM sub_group g JOIN evaluation_drift drift USING (step_id)
            WHERE step_id = ${extract.stepId} AND member_count > 0`,
      );
    await queryRows(world.db, sql`UPDATE sub_group SET member_count = 0 WHERE step_id = ${extract.stepId}`);
    await queryRows(
      world.db,
      sql`UPDATE data_item SET dims = dims || '{"raw_data_file": "b.fits"}' WHERE id = ${tile}`,
    );

    await world.evaluate();
    expect(await membersAndDrift()).toEqual([]);
    await world.evaluate();
    expect(await membersAndDrift()).toEqual([{ file: 'b.fits', members: 1, drift: 1 }]);
  });

  it('goes on with the other pipelines when one cannot be evaluated', async () => {
    const groupingId = await aGrouping(world.db, {
      filter: [{ table: 'Source', column: 'no_such_column', operator: 'eq', value: 1 }],
    });
    const broken = await aPipeline(world.db, { groupingId });
    await aStep(world.db, { pipeline: broken });
    const { extract } = await world.imaging();
    await world.aTile('a.fits');

    await world.evaluate();

    expect(await world.states(extract)).toEqual(['running']);
  });
});
