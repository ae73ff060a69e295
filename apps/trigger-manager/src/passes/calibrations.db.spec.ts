import { sql, type JsonObject } from '@meridian/core';
import { failRuns, queryRows } from '@meridian/ops-db';
import { aDark, dark, reduceWith, science } from '../testing/calibrations.js';
import { atNight, HOUR, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

describe('a calibration', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const bound = async (): Promise<(readonly string[])[]> =>
    (await world.runs('reduce')).map((run) => run.bound);
  const offsets = (runId: number | undefined) =>
    queryRows<{ item: string; hours: number }>(
      world.db,
      sql`SELECT item.name AS item, offset_seconds / 3600 AS hours FROM run_association bound JOIN data_item item ON item.id = bound.item_id
          WHERE run_id = ${runId ?? 0}`,
    );
  const valid = (name: string, from: number, to: number): SurveyFile => ({
    name,
    dims: { dataset: 'darks' },
    metadata: {
      valid_from: atNight(from * HOUR).toISOString(),
      valid_to: atNight(to * HOUR).toISOString(),
    },
  });

  describe('that is better than the one before', () => {
    const nights = [1, 2, 3, 4].map((night) => science(`n${night}`, night, night * 24));
    const define = (...associations: readonly JsonObject[]) =>
      world.define([
        reduceWith(...associations),
        { name: 'stack', depends_on: ['reduce'], group_by: ['night'] },
      ]);

    it('makes exactly the sub-groups stale that it is better for, and explain says which and why', async () => {
      await define(dark());
      await world.ingest([aDark('d0', 0), aDark('d4', 96), ...nights]);
      await world.process('reduce', 'stack');
      expect(await bound()).toEqual([['dark:d0'], ['dark:d4'], ['dark:d4'], ['dark:d4']]);
      const before = await world.subGroups('reduce');

      await queryRows(world.db, sql`UPDATE pipeline SET trigger_type = 'MANUAL'`);
      await world.ingest([aDark('d2', 50)]);
      await world.evaluate();
      expect((await world.subGroups('reduce')).map(({ state, causes }) => [state, ...causes])).toEqual([
        ['current'],
        ['stale', 'calibration_superseded'],
        ['stale', 'calibration_superseded'],
        ['current'],
      ]);
      expect([(await world.subGroups('reduce'))[0], (await world.subGroups('reduce'))[3]]).toEqual([
        before[0],
        before[3],
      ]);
      const { associations, inputs } = await world.explain('reduce', 1);
      expect(inputs).toEqual([]);
      expect(associations).toMatchObject([
        {
          name: 'dark',
          was: { item: 'd4', offset_seconds: 48 * 3600 },
          is: { item: 'd2', offset_seconds: 2 * 3600 },
        },
      ]);
      expect((await world.explain('reduce', 0)).associations).toEqual([]);
    });

    it('has them run again with it, and then what follows them, while old runs keep what they were given', async () => {
      await define(dark());
      await world.ingest([aDark('d0', 0), aDark('d4', 96), ...nights]);
      await world.process('reduce', 'stack');
      await world.ingest([aDark('d2', 50)]);
      await world.process('reduce', 'stack');

      const runs = await world.runs('reduce');
      expect(runs.slice(4).map(({ dims, causes, bound: given }) => [dims['night'], causes, given])).toEqual([
        [2, ['calibration_superseded'], ['dark:d2']],
        [3, ['calibration_superseded'], ['dark:d2']],
      ]);
      expect(runs[1]?.bound).toEqual(['dark:d4']);
      expect(await offsets(runs[1]?.id)).toEqual([{ item: 'd4', hours: 48 }]);
      expect((await world.runs('stack')).slice(4).map(({ dims, causes }) => [dims['night'], causes])).toEqual(
        [
          [2, ['upstream_remade']],
          [3, ['upstream_remade']],
        ],
      );
      expect(await world.states('stack')).toEqual(['current', 'current', 'current', 'current']);
    });

    it('replaces the one before when it is registered for the same time; one that is no better changes nothing', async () => {
      await define(dark({ policy: 'newest' }));
      await world.ingest([valid('first', 0, 60), valid('rest', 60, 1000), ...nights]);
      await world.process('reduce', 'stack');
      await world.ingest([valid('too late', 61, 62)]);
      expect(await world.evaluate()).toBe(0);
      await world.ingest([valid('first, better', 0, 60)]);
      expect(await world.evaluate()).toBe(2);
      expect((await bound()).slice(4)).toEqual([['dark:first, better'], ['dark:first, better']]);
    });

    it.each<[string, (world: SurveyWorld) => Promise<unknown>, string[]]>([
      ['other bytes', (survey) => survey.rewrite('d2'), ['dark:d2']],
      [
        'no place in the archive any more',
        ({ db, clock }) =>
          queryRows(
            db,
            sql`UPDATE data_item SET retired_at = ${clock}, changed_at = ${clock} WHERE name = 'd2'`,
          ),
        ['dark:d0'],
      ],
      [
        'another validity',
        ({ db, clock }) =>
          queryRows(
            db,
            sql`UPDATE data_item SET obs_time = ${atNight(200 * HOUR)}, changed_at = ${clock} WHERE name = 'd2'`,
          ),
        ['dark:d0'],
      ],
    ])('is looked for again when the chosen one has %s', async (_, change, given) => {
      await define(dark());
      await world.ingest([aDark('d0', 0), aDark('d2', 30), ...nights.slice(0, 1)]);
      await world.process('reduce', 'stack');
      await change(world);
      expect(await world.evaluate()).toBe(1);
      expect((await world.runs('reduce')).at(-1)).toMatchObject({
        causes: ['calibration_superseded'],
        bound: given,
        inputs: ['n1'],
      });
    });
  });

  it.each<[string, JsonObject]>([
    ['windows', { window: { size: 2, step: 2, max_gap: '1 h' } }],
    ['splits', { split: { partition: { values_of: 'night' }, chunk: 2, n: 1 } }],
    ['bundles of items', { item: { bundle: 2 } }],
    [
      'observations',
      {
        cluster: {
          tolerance: '1 min',
          slots: { dim: 'band', count: 2 },
          on_missing: 'accept',
          on_duplicate: 'last',
          close_after: '10 min',
        },
      },
    ],
  ])('is bound to %s like to any other, and has no part in how their own files differ', async (_, rule) => {
    await world.define([{ ...reduceWith(dark()), group_by: { by: ['night'], ...rule } }]);
    const both = (night: number): SurveyFile[] =>
      ['a', 'b'].map((band) => science(`${night}${band}`, night, night * 24, { band }));
    await world.ingest([...both(1), ...both(5), aDark('d3', 72)]);
    await world.process('reduce');
    await world.ingest([aDark('d1', 25)]);
    await world.process('reduce');
    await world.rewrite('5a');
    await world.process('reduce');
    const runs = (await world.runs('reduce')).map(({ dims, bound: given, causes }) =>
      [dims['night'], ...given, ...causes].join(' '),
    );
    expect(runs.slice(0, 2).sort()).toEqual(['1 dark:d3', '5 dark:d3']);
    expect(runs.slice(2)).toEqual(['1 dark:d1 calibration_superseded', '5 dark:d3 input_changed']);
  });

  describe('that a step is at work on', () => {
    const gains = (more: JsonObject = {}): JsonObject => ({
      name: 'gains',
      from: { step: 'solve' },
      policy: 'nearest',
      await_seconds: 3600,
      ...more,
    });
    /** `solve` works on the files with a field, `reduce` on those with a night; both take all, and show what has no such dimension. */
    const define = (more: JsonObject = {}) =>
      world.define([{ name: 'solve', group_by: ['field'] }, reduceWith(gains(more))]);
    const inField = (name: string, at: number): SurveyFile => ({
      name,
      dims: { field: name },
      at: at * HOUR,
    });
    const night = async () => (await world.subGroups('reduce')).find(({ dims }) => dims['night'] === 1);

    it('is waited for, until it is there', async () => {
      await define();
      await world.ingest([inField('f1', 9), science('a', 1, 10)]);
      const until = new Date(world.clock.getTime() + HOUR);
      await world.evaluate();
      expect(await night()).toMatchObject({
        state: 'blocked',
        until,
        detail: { associations: { awaiting: { name: 'gains', until: until.toISOString() } } },
      });
      const [solving] = await world.runs('solve');
      await world.complete('solve');
      expect(await world.evaluate()).toBe(1);
      expect(await bound()).toEqual([[`gains:solve-${solving?.id}.fits`]]);
    });

    it('is waited for wherever that step stands in the file', async () => {
      await world.define([reduceWith(gains()), { name: 'solve', group_by: ['field'] }]);
      await world.ingest([inField('f1', 9), science('a', 1, 10)]);
      await world.evaluate();
      expect(await night()).toMatchObject({
        state: 'blocked',
        detail: { associations: { awaiting: { name: 'gains' } } },
      });
      await world.complete('solve');
      expect([await world.evaluate(), (await bound())[0]?.length]).toEqual([1, 1]);
    });

    it.each<[string, JsonObject, boolean, string, number | null]>([
      ['one that requires it is blocked', {}, false, 'blocked', null],
      ['one that does not goes on without', { required: false }, false, 'running', 0],
      ['one that has an older one goes on with that', {}, true, 'running', 1],
    ])('is waited for only so long: then %s', async (_, more, hasOlder, state, given) => {
      await define(more);
      if (hasOlder) {
        await world.ingest([inField('f0', 1)]);
        await world.process('solve');
      }
      await world.ingest([inField('f1', 9), science('a', 1, 10)]);
      const cameAt = world.clock.getTime();
      await world.evaluate();
      world.clock = new Date(cameAt + HOUR - 2);
      await world.evaluate();
      expect((await night())?.state).toBe('blocked');
      await world.evaluate();
      expect((await night())?.state).toBe(state);
      expect((await bound())[0]?.length ?? null).toBe(given);
    });

    it('makes what went on without it stale, when it comes after the waiting', async () => {
      await define({ required: false });
      await world.ingest([inField('f1', 9), science('a', 1, 10)]);
      await world.evaluate();
      world.pass(HOUR);
      await world.process('reduce');
      expect((await night())?.state).toBe('current');
      await world.complete('solve');
      expect(await world.evaluate()).toBe(1);
      expect((await world.runs('reduce')).at(-1)).toMatchObject({
        causes: ['calibration_superseded'],
        bound: [expect.stringMatching(/^gains:solve-/)],
      });
    });

    it('is not waited for any longer once its run has failed', async () => {
      await define({ required: false });
      await world.ingest([inField('f1', 9), science('a', 1, 10)]);
      await world.evaluate();
      const [solving] = await world.runs('solve');
      const failure = {
        fromStatus: 'PENDING',
        failureClass: 'SOFTWARE',
        reason: 'exit code 1',
        retry: null,
      } as const;
      await failRuns(world.db, { actor: 'test', failures: [{ runId: solving?.id ?? 0, ...failure }] });
      expect(await world.evaluate()).toBe(1);
      expect(await bound()).toEqual([[]]);
    });

    it('makes what it was bound to stale when it is made again', async () => {
      await define();
      await world.ingest([inField('f1', 9), inField('f2', 100), science('a', 1, 10), science('b', 2, 101)]);
      await world.process('solve', 'reduce');
      await world.rewrite('f2');
      await world.process('solve');
      expect((await world.runs('reduce')).slice(2)).toMatchObject([
        { dims: { night: 2 }, causes: ['calibration_superseded'], inputs: ['b'] },
      ]);
    });
  });
});
