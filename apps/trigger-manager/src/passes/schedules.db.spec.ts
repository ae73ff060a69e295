import { sql, type JsonObject } from '@meridian/core';
import { queryRow } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { HOUR, SurveyWorld } from '../testing/survey-world.js';

const reduce = (more: JsonObject = {}): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });
const stack = { name: 'stack', depends_on: ['reduce'], group_by: ['night'] };

describe('a pipeline with a schedule', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const define = (more: JsonObject = {}, steps: readonly JsonObject[] = [reduce(), stack]) =>
    world.define(steps, { trigger: { cron: '30 2 * * *', ...more } });
  const observe = (...nights: readonly number[]) =>
    world.ingest(nights.map((night) => ({ name: `n${night} ${world.clock.getTime()}`, dims: { night } })));
  /** Runs created when somebody looks at this time, or up to two milliseconds later. */
  const tickAt = (time: string): Promise<number> => {
    world.clock = new Date(time);
    return world.tickOfCron();
  };
  const requests = async (): Promise<number | undefined> =>
    (await queryRow<{ count: number }>(world.db, sql`SELECT count(*)::int AS count FROM trigger_request`))
      ?.count;

  it('runs what is missing when it is due, to the end of its steps, and nothing before', async () => {
    await define();
    await observe(1, 2);
    expect([await tickAt('2027-05-02T02:29:59Z'), await world.states('reduce')]).toEqual([
      0,
      ['missing', 'missing'],
    ]);
    expect(await tickAt('2027-05-02T02:30:00Z')).toBe(2);
    await world.process('reduce', 'stack');
    expect([await world.states('stack'), await requests()]).toEqual([['current', 'current'], 1]);

    await observe(2, 3);
    expect(await tickAt('2027-05-02T12:00:00Z')).toBe(0);
    expect([await world.states('reduce'), await world.states('stack')]).toEqual([
      ['current', 'stale', 'missing'],
      ['current', 'blocked', 'blocked'],
    ]);
    expect(await tickAt('2027-05-03T02:30:00Z')).toBe(2);
    expect((await world.runs('reduce')).slice(2).map(({ dims, causes }) => [dims['night'], causes])).toEqual([
      [2, ['input_added']],
      [3, []],
    ]);
  });

  it('that has not come to its end still takes what is new, and what changed again waits for the next time', async () => {
    await define();
    await observe(1);
    await tickAt('2027-05-02T02:30:00Z');
    await observe(1, 2);
    await world.complete('reduce');
    expect(await tickAt('2027-05-02T03:00:00Z')).toBe(1);
    expect(await world.states('reduce')).toEqual(['stale', 'running']);
    await world.process('reduce');
    expect(await tickAt('2027-05-03T02:30:00Z')).toBe(1);
  });

  it('makes up once for all the times that nobody was there', async () => {
    await define();
    await observe(1);
    expect(await tickAt('2027-05-09T14:00:00Z')).toBe(1);
    await world.process('reduce', 'stack');
    await observe(1);
    expect([await tickAt('2027-05-09T14:01:00Z'), await world.states('reduce'), await requests()]).toEqual([
      0,
      ['stale'],
      1,
    ]);
  });

  it('that is paused at its time runs it once when it goes on', async () => {
    await define();
    await observe(1);
    await ada.pause('pipeline', 'main', 'new mirror');
    expect([await tickAt('2027-05-02T02:30:00Z'), await tickAt('2027-05-03T02:30:00Z')]).toEqual([0, 0]);
    expect(await world.subGroups('reduce')).toMatchObject([
      { state: 'paused', detail: { by: 'ada', reason: 'new mirror' } },
    ]);
    await ada.resume('pipeline', 'main');
    expect([await tickAt('2027-05-03T09:00:00Z'), await requests()]).toEqual([1, 1]);
  });

  it('whose sub-group settles at its time runs it when it has settled, not a day later', async () => {
    await define({}, [reduce({ settle_seconds: 7200 })]);
    await tickAt('2027-05-02T02:29:00Z');
    await observe(1);
    expect([await tickAt('2027-05-02T02:30:00Z'), await world.states('reduce')]).toEqual([0, ['settling']]);
    world.pass(2 * HOUR);
    expect(await world.evaluate()).toBe(1);
  });

  it('is run at once for a person who does not want to wait', async () => {
    await define();
    await observe(1);
    await ada.trigger();
    expect([await world.evaluate(), (await world.subGroups('reduce'))[0]?.state]).toEqual([1, 'running']);
    await world.process('reduce', 'stack');
    expect(await tickAt('2027-05-02T02:30:00Z')).toBe(0);
  });

  type Ticks = readonly (readonly [string, boolean])[];
  it.each<[string, string, string, Ticks]>([
    [
      'of its zone',
      'Asia/Tokyo',
      '30 2 * * *',
      [
        ['2027-05-01T17:29:59Z', false],
        ['2027-05-01T17:30:00Z', true],
        ['2027-05-02T02:30:00Z', false],
      ],
    ],
    [
      'that the clocks skip in spring: when they go on',
      'Europe/Berlin',
      '30 2 * * *',
      [
        ['2027-03-27T01:30:00Z', true],
        ['2027-03-28T00:59:59Z', false],
        ['2027-03-28T01:00:00Z', true],
        ['2027-03-28T01:30:00Z', false],
        ['2027-03-29T00:30:00Z', true],
      ],
    ],
    [
      'that the clocks repeat in autumn: the first one',
      'Europe/Berlin',
      '30 2 * * *',
      [
        ['2027-10-31T00:29:59Z', false],
        ['2027-10-31T00:30:00Z', true],
        ['2027-10-31T01:30:00Z', false],
        ['2027-11-01T01:30:00Z', true],
      ],
    ],
    [
      'that the clocks of the south skip in their spring',
      'America/Santiago',
      '30 0 * * *',
      [
        ['2027-09-04T04:30:00Z', true],
        ['2027-09-05T03:59:59Z', false],
        ['2027-09-05T04:00:00Z', true],
        ['2027-09-06T03:30:00Z', true],
      ],
    ],
  ])('is due at the time %s (%s)', async (_, timezone, cron, ticks) => {
    const [first] = ticks[0] ?? [''];
    world.clock = new Date(Date.parse(first) - 2 * HOUR);
    await define({ cron, timezone }, [reduce()]);
    const fired: boolean[] = [];
    for (const [time] of ticks) {
      await observe(1);
      fired.push((await tickAt(time)) > 0);
      await world.process('reduce');
    }
    expect(fired).toEqual(ticks.map(([, isDue]) => isDue));
  });
});
