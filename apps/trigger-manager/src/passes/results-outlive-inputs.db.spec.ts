import { sql, type JsonObject } from '@meridian/core';
import { listStaleProducts, queryRows } from '@meridian/ops-db';
import { EVERY_PRODUCT } from '@meridian/ops-db/testing';
import { science } from '../testing/calibrations.js';
import { aVersion, SurveyWorld } from '../testing/survey-world.js';

const schema = {
  type: 'object',
  properties: {
    aperture: { type: 'number', default: 4 },
    colour: { type: 'string', default: 'viridis', 'x-role': 'presentation' },
    threads: { type: 'integer', default: 1, 'x-role': 'runtime' },
  },
};

/** The pipeline is CONTINUOUS in each of these: what is not current would be run at once. */
describe('a result that is valid', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    await define({});
    await world.ingest([1, 2].map((night) => science(`n${night}`, night, night * 24)));
  });
  afterEach(() => world.close());

  const define = (reduce: JsonObject): Promise<void> =>
    world.define(
      [
        { name: 'reduce', group_by: ['night'], ...reduce },
        { name: 'stack', depends_on: ['reduce'], group_by: ['night'] },
      ],
      { software: [{ ...aVersion('1.0.0'), config_schema: schema }], trigger: 'CONTINUOUS' },
    );
  const nothingIsStale = async (): Promise<boolean> => {
    return (await listStaleProducts(world.db, { ...EVERY_PRODUCT, before: null, limit: 1 })).length === 0;
  };
  const states = async (): Promise<string[]> => [
    ...(await world.states('reduce')),
    ...(await world.states('stack')),
  ];
  const CURRENT = ['current', 'current', 'current', 'current'];

  it('prevents that its inputs are fetched and run again after their bytes were cleaned up', async () => {
    await world.process('reduce', 'stack');
    await queryRows(
      world.db,
      sql`UPDATE physical_copy SET status = 'DELETED', verified_at = NULL WHERE item_id IN
            (SELECT item_id FROM data_product JOIN run ON run.id = run_id JOIN reduction_step step ON step.id = run.step_id WHERE step.name = 'reduce')`,
    );
    await queryRows(
      world.db,
      sql`DELETE FROM physical_copy WHERE item_id IN (SELECT item_id FROM raw_data_file)`,
    );
    expect(await world.evaluate()).toBe(0);
    expect([await states(), await nothingIsStale()]).toEqual([CURRENT, true]);
  });

  it('is as valid after a plot setting, a worker count, resources or the path of the location changed', async () => {
    await world.process('reduce', 'stack');
    await define({
      config: { colour: 'grey', threads: 8 },
      resources: { cpus: 8, memory_mb: 4096, walltime_minutes: 10 },
      max_active_runs: 1,
    });
    await queryRows(
      world.db,
      sql`UPDATE data_location SET base_path = '/moved/elsewhere', name = 'renamed', max_active_runs = 7`,
    );
    await queryRows(world.db, sql`UPDATE pipeline SET name = 'renamed', priority = 9`);
    expect(await world.evaluate()).toBe(0);
    expect([await states(), await nothingIsStale()]).toEqual([CURRENT, true]);
  });

  it('is handed on at once, while others of its batch are still being made', async () => {
    await world.evaluate();
    const [first] = await world.runs('reduce');
    await world.complete('reduce', [first?.id ?? 0]);
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('stack')).map(({ dims, status }) => [dims['night'], status])).toEqual([
      [1, 'PENDING'],
    ]);
    expect((await world.runs('reduce')).map(({ status }) => status)).toEqual(['COMPLETED', 'PENDING']);
  });
});
