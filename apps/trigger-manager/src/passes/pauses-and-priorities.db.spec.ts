import { sql, type JsonObject } from '@meridian/core';
import { claimRuns, queryRows } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { HOUR, MINUTE, SurveyWorld } from '../testing/survey-world.js';

const reduce = (more: JsonObject = {}): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });
const stack = (more: JsonObject = {}): JsonObject => ({
  name: 'stack',
  depends_on: ['reduce'],
  group_by: ['night'],
  ...more,
});

describe('runs that are created', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const observe = (...nights: readonly number[]) =>
    world.ingest(nights.map((night) => ({ name: `n${night} ${world.clock.getTime()}`, dims: { night } })));
  const counts = async (): Promise<[number, number]> => [
    (await world.runs('reduce')).length,
    (await world.runs('stack')).length,
  ];
  /** What a workflow manager would start now. */
  const claim = async (limit = 100): Promise<number[]> => {
    const locations = await queryRows<{ id: number }>(world.db, sql`SELECT id FROM data_location`);
    return claimRuns(world.db, {
      actor: 'workflow-manager@test',
      leaseOwner: 'workflow-manager@test',
      leaseSeconds: 60,
      locationIds: locations.map(({ id }) => id),
      limit,
    });
  };

  it.each([
    ['its pipeline', 'pipeline', 'main'],
    ['its step', 'step', 'reduce'],
    ['its location', 'location', 'site'],
  ] as const)(
    'are none while %s is paused: what is wanted says by whom and why, and is run once when it goes on',
    async (_, what, name) => {
      await world.define([reduce(), stack()]);
      await observe(1);
      await world.process('reduce', 'stack');
      await ada.pause(what, name, 'new drivers');
      await observe(1);
      await observe(1, 2);
      expect([await world.evaluate(), await world.evaluate()]).toEqual([0, 0]);
      const held = { state: 'paused', detail: { by: 'ada', reason: 'new drivers' }, until: null };
      expect(await world.subGroups('reduce')).toMatchObject([
        { ...held, causes: ['input_added'] },
        { ...held, causes: [] },
      ]);
      expect(await world.states('stack')).toEqual(['blocked', 'blocked']);
      world.pass(100 * HOUR);
      expect(await world.evaluate()).toBe(0);

      await ada.resume(what, name);
      expect(await world.evaluate()).toBe(2);
      expect((await world.runs('reduce')).slice(1).map(({ inputs }) => inputs.length)).toEqual([3, 1]);
    },
  );

  it('are none of a disabled pipeline, and all once it is enabled', async () => {
    await world.define([reduce()], { enabled: false });
    await observe(1);
    expect([await world.evaluate(), await world.subGroups('reduce')]).toMatchObject([
      0,
      [{ state: 'paused', detail: { reason: 'the pipeline is disabled' } }],
    ]);
    await world.define([reduce()], { enabled: true });
    expect(await world.evaluate()).toBe(1);
  });

  it('go on and count while their step is paused, and the steps before and after it are not held', async () => {
    await world.define([reduce(), stack(), { name: 'check', depends_on: ['stack'], group_by: ['night'] }]);
    await observe(1, 2);
    await world.evaluate();
    const [first] = await world.runs('reduce');
    await world.complete('reduce', [first?.id ?? 0]);
    await world.evaluate();
    await ada.pause('step', 'stack', 'looks odd');
    await world.complete('reduce');
    await world.complete('stack');
    expect(await world.evaluate()).toBe(1);
    expect([await world.states('reduce'), await world.states('stack'), await world.states('check')]).toEqual([
      ['current', 'current'],
      ['current', 'paused'],
      ['running', 'blocked'],
    ]);
  });

  it('of a paused pool wait, with the reason, and so do no others', async () => {
    await world.define([reduce({ pool: 'gpu' }), { name: 'other', group_by: ['night'] }], {
      pools: [{ name: 'gpu', slots: 2 }],
    });
    await observe(1);
    await ada.pause('pool', 'gpu', 'new drivers');
    expect([await world.evaluate(), await world.states('reduce')]).toEqual([2, ['running']]);
    const [other] = await world.runs('other');
    expect(await claim()).toEqual([other?.id]);
    expect((await world.explain('reduce')).facts.holds).toEqual(['pool gpu is paused by ada: new drivers']);
    await ada.resume('pool', 'gpu');
    expect(await claim()).toEqual([(await world.runs('reduce'))[0]?.id]);
  });

  it('are started for as many slots as their pool has, across steps', async () => {
    await world.define([reduce({ pool: 'gpu' }), { name: 'other', group_by: ['night'], pool: 'gpu' }], {
      pools: [{ name: 'gpu', slots: 3 }],
    });
    await observe(1, 2);
    expect([await world.evaluate(), (await claim()).length, (await claim()).length]).toEqual([4, 3, 0]);
  });

  it('have the priority that their pipeline has then, and the most urgent is started first', async () => {
    await world.define([reduce()], { priority: 1 });
    await observe(1);
    await world.evaluate();
    await world.define([reduce()], { priority: 7 });
    await observe(2, 3);
    await world.evaluate();
    await world.define([reduce()], { priority: 3 });
    await observe(4);
    await world.evaluate();
    const runs = await world.runs('reduce');
    expect(runs.map(({ dims, priority }) => [dims['night'], priority])).toEqual([
      [1, 1],
      [2, 7],
      [3, 7],
      [4, 3],
    ]);
    const started: unknown[] = [];
    for (let n = 0; n < runs.length; n += 1)
      for (const id of await claim(1)) started.push(runs.find((run) => run.id === id)?.dims['night']);
    expect(started).toEqual([2, 3, 4, 1]);
  });

  it('of one sub-group are as far apart as it cools down; others are not held by that', async () => {
    await world.define([reduce({ cooldown_seconds: 3600 })]);
    await observe(1);
    await world.process('reduce');
    const firedAt = world.clock.getTime() - 1;
    world.pass(10 * MINUTE);
    await observe(1, 2);
    expect([await world.evaluate(), await world.states('reduce')]).toEqual([1, ['cooling_down', 'running']]);
    const [cooling] = await world.subGroups('reduce');
    expect(cooling?.causes).toEqual(['input_added']);
    expect(cooling?.until).toEqual(new Date(firedAt + HOUR));
    await world.complete('reduce');
    world.clock = new Date(firedAt + HOUR - 2);
    expect(await world.evaluate()).toBe(0);
    expect(await world.evaluate()).toBe(1);
    expect(await world.states('reduce')).toEqual(['running', 'current']);
  });

  it('after a failure for good come as soon as its inputs change and it has cooled down', async () => {
    await world.define([reduce({ cooldown_seconds: 3600 })]);
    await observe(1);
    await world.evaluate();
    await queryRows(
      world.db,
      sql`UPDATE run SET status = 'FAILED', failure_class = 'SOFTWARE', failure_reason = 'exit code 1', finished_at = now()`,
    );
    await world.evaluate();
    expect(await world.states('reduce')).toEqual(['failed']);
    await observe(1);
    expect([await world.evaluate(), await world.states('reduce')]).toEqual([0, ['cooling_down']]);
    world.pass(HOUR);
    expect([await world.evaluate(), await counts()]).toEqual([1, [2, 0]]);
  });
});
