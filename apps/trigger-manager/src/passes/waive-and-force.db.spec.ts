import { sql, type JsonObject } from '@meridian/core';
import { failRuns, queryRows, requestCancellation } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { HOUR, SurveyWorld } from '../testing/survey-world.js';

const reduce = (more: JsonObject = {}): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });
const stack = { name: 'stack', depends_on: ['reduce'], group_by: [] };

describe('a sub-group', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const observe = (...nights: readonly number[]) =>
    world.ingest(nights.map((night) => ({ name: `n${night} ${world.clock.getTime()}`, dims: { night } })));
  const fire = async (): Promise<[number, ...string[]]> => [
    await world.evaluate(),
    ...(await world.states('reduce')),
  ];
  const idOf = async (at: number): Promise<number | undefined> => (await world.subGroups('reduce'))[at]?.id;
  const fail = async (runId: number | undefined): Promise<void> => {
    const failure = {
      fromStatus: 'PENDING',
      failureClass: 'BAD_DATA',
      reason: 'exit code 65',
      retry: null,
    } as const;
    await failRuns(world.db, { actor: 'test', failures: [{ runId: runId ?? 0, ...failure }] });
  };
  /** Two nights of which the second cannot be reduced, and a stack that waits for both. */
  const failSecond = async (): Promise<void> => {
    await world.define([reduce(), stack]);
    await observe(1, 2);
    await world.evaluate();
    const [first, second] = await world.runs('reduce');
    await fail(second?.id);
    await world.complete('reduce', [first?.id ?? 0]);
    await world.evaluate();
  };

  describe('that is waived', () => {
    it('says by whom and why, and what follows goes on without it', async () => {
      await failSecond();
      expect([await world.states('reduce'), await world.states('stack')]).toEqual([
        ['current', 'failed'],
        ['blocked'],
      ]);
      await ada.waive(await idOf(1), 'clouds');
      expect([await fire(), await world.states('stack')]).toEqual([[1, 'current', 'waived'], ['running']]);
      expect((await world.subGroups('reduce'))[1]).toMatchObject({
        state: 'waived',
        detail: { by: 'ada', reason: 'clouds' },
        until: null,
      });
      expect((await world.runs('stack'))[0]?.inputs).toHaveLength(1);
    });

    it('is not run, whatever it would be stale by, however long it waits and whoever asks', async () => {
      await world.define([reduce()]);
      await observe(1, 2);
      await world.process('reduce');
      await ada.waive(await idOf(1), 'good enough');
      await observe(1, 2);
      expect(await fire()).toEqual([1, 'running', 'waived']);
      expect((await world.subGroups('reduce'))[1]?.causes).toEqual(['input_added']);
      world.pass(1000 * HOUR);
      await world.define([reduce({ cooldown_seconds: 1 })], { trigger: 'MANUAL' });
      await ada.trigger();
      expect(await world.evaluate()).toBe(0);
      expect((await world.runs('reduce')).filter(({ dims }) => dims['night'] === 2)).toHaveLength(1);
    });

    it('with a current result stays current', async () => {
      await world.define([reduce()]);
      await observe(1);
      await world.process('reduce');
      await ada.waive(await idOf(0), 'good enough');
      expect(await fire()).toEqual([0, 'current']);
    });

    it('is run once the waiver is taken back', async () => {
      await world.define([reduce(), stack], { trigger: 'MANUAL' });
      await observe(1, 2);
      await world.evaluate();
      await ada.waive(await idOf(1), 'clouds');
      expect(await fire()).toEqual([0, 'missing', 'waived']);
      await ada.waive(await idOf(1), null);
      expect(await fire()).toEqual([0, 'missing', 'missing']);
      await ada.trigger();
      expect(await fire()).toEqual([2, 'running', 'running']);
    });

    it('while it is running, is waived after that if the run brought no result', async () => {
      await world.define([reduce()]);
      await observe(1);
      await world.evaluate();
      await ada.waive(await idOf(0), 'not worth it');
      expect(await fire()).toEqual([0, 'running']);
      await fail((await world.runs('reduce'))[0]?.id);
      expect(await fire()).toEqual([0, 'waived']);
    });
  });

  it('whose run somebody cancelled is waived for these inputs, and run again with others', async () => {
    await world.define([reduce()]);
    await observe(1, 2);
    await world.evaluate();
    const [first] = await world.runs('reduce');
    await requestCancellation(world.db, { runId: first?.id ?? 0, actor: 'bo', reason: 'wrong night' });
    world.pass(HOUR);
    expect(await fire()).toEqual([0, 'waived', 'running']);
    expect((await world.subGroups('reduce'))[0]?.detail).toEqual({
      run_id: first?.id,
      by: 'bo',
      reason: 'wrong night',
    });
    await observe(1);
    expect(await fire()).toEqual([1, 'running', 'running']);
  });

  describe('that is forced', () => {
    it('is run once more although it is current, and says why; others are not', async () => {
      await world.define([reduce(), stack]);
      await observe(1, 2);
      await world.process('reduce', 'stack');
      expect(await ada.force({ selection: { night: 2 }, steps: ['reduce'] })).toBe(1);
      expect(await fire()).toEqual([1, 'current', 'running']);
      const [, before, forced] = await world.runs('reduce');
      expect(forced).toMatchObject({ causes: ['forced'], inputs: before?.inputs, recipe: before?.recipe });
      await world.complete('reduce');
      expect(await fire()).toEqual([1, 'current', 'current']);
      expect((await world.runs('stack')).at(-1)?.causes).toEqual(['upstream_remade']);
      await world.process('stack');
      expect([await fire(), await world.states('stack')]).toEqual([[0, 'current', 'current'], ['current']]);
    });

    it('loses its waiver', async () => {
      await failSecond();
      await ada.waive(await idOf(1), 'clouds');
      await world.evaluate();
      await ada.force({ selection: { night: 2 } });
      expect(await fire()).toEqual([1, 'current', 'running']);
    });

    it('is run again although its run failed with the same inputs and recipe', async () => {
      await failSecond();
      expect(await fire()).toEqual([0, 'current', 'failed']);
      await ada.force({ selection: { night: 2 }, steps: ['reduce'] });
      expect(await fire()).toEqual([1, 'current', 'running']);
      await fail((await world.runs('reduce')).at(-1)?.id);
      expect(await fire()).toEqual([0, 'current', 'failed']);
    });

    it('while it lacks something is run when it has that, as forced', async () => {
      await world.define([reduce({ min_members: 2 })]);
      await observe(1);
      await world.evaluate();
      await ada.force();
      expect(await fire()).toEqual([0, 'incomplete']);
      await observe(1);
      expect(await fire()).toEqual([1, 'running']);
      expect((await world.runs('reduce'))[0]?.causes).toEqual(['forced']);
    });

    it('while it is running gets one more run after that', async () => {
      await world.define([reduce()]);
      await observe(1);
      await world.evaluate();
      await ada.force();
      expect(await fire()).toEqual([0, 'running']);
      await world.complete('reduce');
      expect(await fire()).toEqual([1, 'running']);
      await world.complete('reduce');
      expect(await fire()).toEqual([0, 'current']);
    });

    it('cools down like any other', async () => {
      await world.define([reduce({ cooldown_seconds: 3600 })]);
      await observe(1);
      await world.process('reduce');
      await ada.force();
      expect(await fire()).toEqual([0, 'cooling_down']);
      world.pass(HOUR);
      expect(await fire()).toEqual([1, 'running']);
    });

    it('of a pipeline that runs on request is run for this request, and its step after it too', async () => {
      await world.define([reduce(), stack]);
      await observe(1);
      await world.process('reduce', 'stack');
      await queryRows(world.db, sql`UPDATE pipeline SET trigger_type = 'MANUAL'`);
      expect(await ada.force()).toBe(2);
      await world.process('reduce', 'stack');
      expect((await world.runs('reduce')).map(({ causes }) => causes)).toEqual([[], ['forced']]);
      expect((await world.runs('stack')).map(({ causes }) => causes)).toEqual([
        [],
        ['upstream_remade', 'forced'],
      ]);
      expect([await world.states('reduce'), await world.states('stack')]).toEqual([['current'], ['current']]);
    });
  });
});
