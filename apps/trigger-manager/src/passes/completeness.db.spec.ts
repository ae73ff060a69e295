import { sql, type JsonObject } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { HOUR, MINUTE, SECOND, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

const reduce = (more: JsonObject): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });

const file = (name: string, night = 1): SurveyFile => ({
  name: `${night}-${name}`,
  dims: { night, band: name },
});
const files = (names: string, night = 1): SurveyFile[] => [...names].map((name) => file(name, night));

describe('a sub-group that is to be complete', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const fire = async (): Promise<[number, ...string[]]> => [
    await world.evaluate(),
    ...(await world.states('reduce')),
  ];
  const lastInputs = async (): Promise<string> =>
    (await world.runs('reduce'))
      .at(-1)
      ?.inputs.map((name) => name.slice(2))
      .join('') ?? '';
  const retire = (name: string) =>
    queryRows(
      world.db,
      sql`UPDATE data_item SET retired_at = ${world.clock}, changed_at = ${world.clock} WHERE name = ${name}`,
    );

  it.each<[string, JsonObject, string, JsonObject, string]>([
    ['its count', { expect: { count: 3 } }, 'ab', { members: 2, needed: 3 }, 'c'],
    ['its fewest members', { min_members: 3 }, 'ab', { members: 2, needed: 3 }, 'c'],
    [
      'every slot',
      { expect: { slots: { dim: 'band', values: ['a', 'b', 'c'] } } },
      'acx',
      { dim: 'band', missing_slots: ['b'], needed: 3 },
      'b',
    ],
    [
      'enough of its slots',
      { expect: { slots: { dim: 'band', values: ['a', 'b', 'c', 'd'] }, minimum: 3 } },
      'bc',
      { dim: 'band', missing_slots: ['a', 'd'], needed: 3 },
      'd',
    ],
  ])('is incomplete, and says what it lacks, until it has %s', async (_, rule, first, lacking, rest) => {
    await world.define([reduce(rule)]);
    await world.ingest(files(first));
    expect(await fire()).toEqual([0, 'incomplete']);
    expect((await world.subGroups('reduce'))[0]).toMatchObject({ detail: lacking, until: null });
    world.pass(1000 * HOUR);
    expect(await fire()).toEqual([0, 'incomplete']);

    await world.ingest(files(rest));
    expect(await fire()).toEqual([1, 'running']);
    expect(await lastInputs()).toBe([...(first + rest)].sort().join(''));
  });

  it.each<[string, JsonObject]>([
    ['a window', { window: { size: 9, step: 9, max_gap: '1 h' } }],
    ['a split', { split: { partition: { values_of: 'night' }, chunk: 9, n: 1 } }],
    ['a bundle of items', { item: { bundle: 9 } }],
  ])('as %s has its slots counted like any other', async (_, rule) => {
    const slots = { dim: 'band', values: ['a', 'b'] };
    await world.define([reduce({ group_by: { by: ['night'], ...rule }, expect: { slots } })]);
    const timed = (name: string): SurveyFile => ({ ...file(name), at: 0 });
    await world.ingest([timed('a'), timed('c')]);
    expect(await fire()).toEqual([0, 'incomplete']);
    expect((await world.subGroups('reduce'))[0]?.detail).toMatchObject({ missing_slots: ['b'] });
    await queryRows(world.db, sql`UPDATE data_item SET dims = dims || '{"band": "b"}' WHERE name = '1-c'`);
    expect(await fire()).toEqual([1, 'running']);
  });

  it('counts the slots of products, whose dimensions are those of the runs that made them', async () => {
    await world.define([
      reduce({ group_by: ['night', 'band'] }),
      {
        name: 'stack',
        depends_on: ['reduce'],
        group_by: ['night'],
        expect: { slots: { dim: 'band', values: ['a', 'b'] } },
      },
    ]);
    await world.ingest(files('a'));
    await world.process('reduce');
    expect(await world.subGroups('stack')).toMatchObject([
      { state: 'incomplete', detail: { missing_slots: ['b'] } },
    ]);
    await world.ingest(files('b'));
    await world.process('reduce');
    expect(await world.states('stack')).toEqual(['running']);
  });

  it('counts a slot once, however many files fill it, and again as empty when the last of them goes away', async () => {
    await world.define([reduce({ expect: { slots: { dim: 'band', values: ['a', 'b'] } } })]);
    await world.ingest([file('a'), { ...file('a'), name: '1-a2' }]);
    expect(await fire()).toEqual([0, 'incomplete']);
    await world.ingest(files('b'));
    await world.process('reduce');
    expect(await world.states('reduce')).toEqual(['current']);

    await retire('1-a');
    await world.process('reduce');
    expect(await world.runs('reduce')).toMatchObject([{}, { causes: ['input_removed'] }]);
    await retire('1-a2');
    expect(await fire()).toEqual([0, 'incomplete']);
    expect((await world.subGroups('reduce'))[0]).toMatchObject({
      causes: ['input_removed'],
      detail: { missing_slots: ['a'] },
    });
  });

  it('settles: the quiet time begins anew with each file, and the run comes when it is over, not a moment earlier', async () => {
    await world.define([reduce({ settle_seconds: 600 })]);
    await world.ingest(files('a'));
    expect(await fire()).toEqual([0, 'settling']);
    world.pass(9 * MINUTE);
    await world.ingest(files('b'));
    const cameAt = world.clock.getTime();
    world.pass(9 * MINUTE);
    expect(await fire()).toEqual([0, 'settling']);
    const [settling] = await world.subGroups('reduce');
    expect(settling?.until).toEqual(new Date(cameAt + 10 * MINUTE));

    world.clock = new Date(cameAt + 10 * MINUTE - 2);
    expect(await fire()).toEqual([0, 'settling']);
    expect(await fire()).toEqual([1, 'running']);
    expect(await lastInputs()).toBe('ab');
  });

  it('settles once it is complete, and what it lacks is said before how long it settles', async () => {
    await world.define([reduce({ settle_seconds: 60, expect: { count: 2 } })]);
    await world.ingest(files('a'));
    expect(await fire()).toEqual([0, 'incomplete']);
    await world.ingest(files('b'));
    expect(await fire()).toEqual([0, 'settling']);
    world.pass(MINUTE);
    expect(await fire()).toEqual([1, 'running']);
  });

  describe('and is waited for only so long', () => {
    const patient = (more: JsonObject = {}) =>
      world.define([reduce({ expect: { count: 3 }, max_wait_seconds: 3600, ...more })]);

    it('says until when, counted from its first file, and is run as it is then', async () => {
      await patient();
      await world.ingest(files('a'));
      const cameAt = world.clock.getTime();
      world.pass(59 * MINUTE);
      await world.ingest(files('b'));
      expect(await fire()).toEqual([0, 'incomplete']);
      expect((await world.subGroups('reduce'))[0]?.until).toEqual(new Date(cameAt + HOUR));
      world.clock = new Date(cameAt + HOUR - 2);
      expect(await fire()).toEqual([0, 'incomplete']);
      expect(await fire()).toEqual([1, 'running']);
      expect(await lastInputs()).toBe('ab');
    });

    it('is still to settle, and never run with fewer than its fewest members', async () => {
      await patient({ settle_seconds: 300, min_members: 2 });
      await world.ingest(files('a'));
      world.pass(2 * HOUR);
      expect(await fire()).toEqual([0, 'incomplete']);
      await world.ingest(files('b'));
      expect(await fire()).toEqual([0, 'settling']);
      world.pass(5 * MINUTE);
      expect(await fire()).toEqual([1, 'running']);
    });

    it('is run again for each file that comes after that, without waiting for the rest', async () => {
      await patient();
      await world.ingest(files('a'));
      world.pass(HOUR);
      await world.process('reduce');
      await world.ingest(files('b'));
      expect(await fire()).toEqual([1, 'running']);
      expect([await lastInputs(), (await world.runs('reduce')).at(-1)?.causes]).toEqual([
        'ab',
        ['input_added'],
      ]);
    });
  });

  describe('of a grouping that somebody closes', () => {
    it('is run as it is, without settling, where the close says so and nowhere else', async () => {
      await world.define([reduce({ expect: { count: 3 }, settle_seconds: 3600 })]);
      await world.ingest([...files('ab', 1), ...files('abc', 2), ...files('ab', 3), ...files('abc', 4)]);
      expect(await fire()).toEqual([0, 'incomplete', 'settling', 'incomplete', 'settling']);

      expect(await ada.closeWhere({ night: 1 })).toBe(1);
      expect(await fire()).toEqual([1, 'running', 'settling', 'incomplete', 'settling']);
      expect(await lastInputs()).toBe('ab');
      await ada.closeWhere({ night: 2 });
      expect(await fire()).toEqual([1, 'running', 'running', 'incomplete', 'settling']);
      expect(await ada.closeWhere({})).toBe(4);
      expect(await fire()).toEqual([2, 'running', 'running', 'running', 'running']);
    });

    it('is open again by a file that comes after the close, alone, until the next close', async () => {
      await world.define([reduce({ expect: { count: 4 } })]);
      await world.ingest([...files('a', 1), ...files('a', 2)]);
      await world.evaluate();
      await ada.closeWhere({});
      await world.process('reduce');
      expect(await world.states('reduce')).toEqual(['current', 'current']);

      await world.ingest(files('b', 2));
      expect(await fire()).toEqual([0, 'current', 'incomplete']);
      expect((await world.subGroups('reduce'))[1]).toMatchObject({
        causes: ['input_added'],
        detail: { members: 2, needed: 4 },
      });
      await ada.closeWhere({ night: 2 });
      expect(await fire()).toEqual([1, 'current', 'running']);
      expect(await lastInputs()).toBe('ab');
    });

    it('is run when what was there before the close is seen only after it', async () => {
      await world.define([reduce({ expect: { count: 3 }, settle_seconds: 3600 })]);
      await world.ingest(files('ab'));
      expect(await ada.closeWhere({ night: 1 })).toBe(0);
      expect(await fire()).toEqual([1, 'running']);
    });

    it('is run by no close with too few members or without a dimension', async () => {
      await world.define([reduce({ min_members: 2 })]);
      await world.ingest([file('a', 1), { name: 'nightless' }]);
      await world.evaluate();
      await ada.closeWhere({});
      expect(await fire()).toEqual([0, 'incomplete', 'incomplete']);
    });

    it('has the steps after it closed, too', async () => {
      await world.define([
        reduce({}),
        { name: 'stack', depends_on: ['reduce'], group_by: [], expect: { count: 3 } },
      ]);
      await world.ingest([...files('a', 1), ...files('a', 2)]);
      await world.process('reduce');
      expect(await world.subGroups('stack')).toMatchObject([
        { state: 'incomplete', detail: { members: 2, needed: 3 } },
      ]);
      await ada.closeWhere({});
      expect([await world.evaluate(), await world.states('stack')]).toEqual([1, ['running']]);
    });
  });

  it('keeps what a rule says apart for every sub-group: a late file reopens its own and no other', async () => {
    await world.define([
      reduce({ settle_seconds: 60 }),
      { name: 'stack', depends_on: ['reduce'], group_by: [] },
    ]);
    await world.ingest([1, 2, 3].flatMap((night) => files('ab', night)));
    world.pass(MINUTE);
    await world.process('reduce', 'stack');
    expect([await world.states('reduce'), await world.states('stack')]).toEqual([
      ['current', 'current', 'current'],
      ['current'],
    ]);
    const before = await world.subGroups('reduce');

    await world.ingest(files('c', 2));
    expect([await fire(), await world.states('stack')]).toEqual([
      [0, 'current', 'settling', 'current'],
      ['blocked'],
    ]);
    const after = await world.subGroups('reduce');
    expect([after[0], after[2]]).toEqual([before[0], before[2]]);
    world.pass(30 * SECOND);
    expect(await world.evaluate()).toBe(0);
    world.pass(30 * SECOND);
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('reduce')).at(-1)).toMatchObject({
      dims: { night: 2 },
      causes: ['input_added'],
      inputs: ['2-a', '2-b', '2-c'],
    });
  });
});
