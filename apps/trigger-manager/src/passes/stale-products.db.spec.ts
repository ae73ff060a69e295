import { sql, type JsonObject, type StaleReason } from '@meridian/core';
import { listStaleProducts, queryRows, type CurrencyQuery } from '@meridian/ops-db';
import { EVERY_PRODUCT } from '@meridian/ops-db/testing';
import { Operator } from '../testing/operator.js';
import { science } from '../testing/calibrations.js';
import { aVersion, SurveyWorld } from '../testing/survey-world.js';

const EVERYTHING: CurrencyQuery = { ...EVERY_PRODUCT, before: null, limit: 100 };

describe('products that are not what would be made today', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const schema = { type: 'object', properties: { aperture: { type: 'number', default: 4 } } };
  const define = async (
    change: { reduce?: JsonObject; stack?: JsonObject; versions?: readonly string[] } = {},
    trigger: 'MANUAL' | 'CONTINUOUS' = 'MANUAL',
  ): Promise<void> => {
    const software = (change.versions ?? ['1.0.0']).map((version) => ({
      ...aVersion(version),
      config_schema: schema,
    }));
    const steps = [
      { name: 'reduce', group_by: ['night'], ...change.reduce },
      { name: 'stack', depends_on: ['reduce'], group_by: ['night'], ...change.stack },
    ];
    await world.define(steps, { software, trigger });
    await world.evaluate();
  };
  /** Two nights, reduced and stacked; from then on nothing is run unless somebody asks. */
  const twoNights = async (stack: JsonObject = {}): Promise<void> => {
    await define({ stack }, 'CONTINUOUS');
    await world.ingest([1, 2].map((night) => science(`n${night}`, night, night * 24)));
    await world.process('reduce', 'stack');
    await define({ stack });
  };
  const stale = async (query: Partial<CurrencyQuery> = {}): Promise<[string, ...StaleReason[]][]> => {
    const rows = await listStaleProducts(world.db, { ...EVERYTHING, ...query });
    return rows.map(({ step, dims, staleReasons }) => [`${step} ${String(dims['night'])}`, ...staleReasons]);
  };

  it('are none while everything is current, whatever becomes of files and times', async () => {
    await twoNights();
    expect(await stale()).toEqual([]);
    await queryRows(world.db, sql`UPDATE physical_copy SET status = 'DELETED', verified_at = NULL`);
    await queryRows(world.db, sql`UPDATE data_item SET changed_at = now() + interval '1 day'`);
    await world.evaluate();
    expect(await stale()).toEqual([]);
  });

  it('say what of their recipe or their inputs is another, and what follows from them', async () => {
    await twoNights();
    await world.rewrite('n2');
    await world.evaluate();
    expect(await stale()).toEqual([
      ['stack 2', 'upstream_not_current'],
      ['reduce 2', 'input_changed'],
    ]);
    await define({ versions: ['1.0.0', '2.0.0'], reduce: { config: { aperture: 5 } } });
    expect(await stale()).toEqual([
      ['stack 2', 'software', 'upstream_not_current'],
      ['stack 1', 'software', 'upstream_not_current'],
      ['reduce 2', 'input_changed', 'software', 'config'],
      ['reduce 1', 'software', 'config'],
    ]);
    // A parameter that is as it was is no reason any more; a version that is there stays the newest.
    await define();
    expect(await stale({ step: 'reduce' })).toEqual([
      ['reduce 2', 'input_changed', 'software'],
      ['reduce 1', 'software'],
    ]);
  });

  it('are so until another has been made in their place, which they are superseded by', async () => {
    await twoNights();
    await ada.force({ selection: { night: 1 }, steps: ['reduce'] });
    await world.evaluate();
    expect(await stale()).toEqual([
      ['stack 1', 'upstream_not_current'],
      ['reduce 1', 'forced'],
    ]);
    await world.complete('reduce');
    // Not judged yet: what led to the run is no word on what it made.
    expect(await stale({ step: 'reduce' })).toEqual([['reduce 1', 'superseded']]);
    await world.evaluate();
    expect(await stale()).toEqual([
      ['stack 1', 'upstream_remade'],
      ['reduce 1', 'superseded'],
    ]);
    await ada.trigger();
    await world.process('stack');
    expect(await stale()).toEqual([
      ['stack 1', 'superseded'],
      ['reduce 1', 'superseded'],
    ]);
  });

  it('are those, too, that only something that they were made from is', async () => {
    await twoNights({ upstream_policy: 'available' });
    await world.rewrite('n1');
    await world.evaluate();
    expect((await world.states('stack')).join()).toBe('current,current');
    expect(await stale()).toEqual([
      ['stack 1', 'made_from_stale'],
      ['reduce 1', 'input_changed'],
    ]);
  });

  it('are those, too, whose calibration is: down through what was made with it', async () => {
    const from = { pipeline: 'main', step: 'reduce', types: ['INTERMEDIATE'] };
    const steps = [
      { name: 'reduce', group_by: ['night'] },
      {
        name: 'apply',
        group_by: ['night'],
        associations: [{ name: 'flat', from, policy: 'nearest', same: ['night'] }],
      },
      { name: 'stack', depends_on: ['apply'], group_by: ['night'] },
    ];
    await world.define(steps, { trigger: 'CONTINUOUS' });
    await world.ingest([1, 2].map((night) => science(`n${night}`, night, night * 24)));
    await world.process('reduce', 'apply', 'stack');
    await world.define(steps, { trigger: 'MANUAL' });
    await world.evaluate();
    expect(await stale()).toEqual([]);

    const [first] = await world.subGroups('reduce');
    await ada.force({ selection: { night: Number(first?.dims['night']) }, steps: ['reduce'] });
    await world.evaluate();
    expect(await stale()).toEqual([
      ['stack 1', 'made_from_stale'],
      ['apply 1', 'made_from_stale'],
      ['reduce 1', 'forced'],
    ]);
  });

  it('come page by page, each once, and only those that are asked for', async () => {
    await twoNights();
    await define({ versions: ['1.0.0', '2.0.0'] });
    const all = await listStaleProducts(world.db, EVERYTHING);
    expect(all).toHaveLength(4);
    const paged = [];
    for (let before = EVERYTHING.before, page = all; page.length > 0;) {
      page = await listStaleProducts(world.db, { ...EVERYTHING, before, limit: 1 });
      const [last] = page;
      if (last !== undefined) [before] = [{ runId: last.runId, id: last.id }];
      paged.push(...page);
    }
    expect(paged).toEqual(all);
    expect(await stale({ dims: { night: '2' }, step: 'stack' })).toHaveLength(1);
    expect(await stale({ pipeline: 'other' })).toEqual([]);
  });
});
