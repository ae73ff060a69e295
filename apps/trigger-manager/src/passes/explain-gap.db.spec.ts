import { sql, type JsonObject } from '@meridian/core';
import { explainGap, queryRows, type GapEvidence } from '@meridian/ops-db';
import { aVersion, HOUR, SurveyWorld } from '../testing/survey-world.js';

const DARK = {
  name: 'dark',
  select: [{ dim: 'dataset', operator: 'eq', value: 'darks' }],
  policy: 'nearest',
};
const reduce = (more: JsonObject = {}): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });
const mosaic = (more: JsonObject = {}): JsonObject => ({
  name: 'mosaic',
  depends_on: ['reduce'],
  group_by: ['night'],
  ...more,
});
const version = (number: string): JsonObject => ({
  ...aVersion(number),
  config_schema: {
    type: 'object',
    properties: { fit: { type: 'object', properties: { order: { type: 'integer' } } } },
  },
});

describe('explainGap', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const define = (steps: readonly JsonObject[], versions = ['1.0.0']) =>
    world.define(steps, { software: versions.map(version) });
  const settle = async (...steps: readonly string[]): Promise<void> => {
    for (const step of steps) {
      await world.evaluate();
      await world.complete(step);
    }
    await world.evaluate();
  };
  const explain = async (step: string, at = 0): Promise<GapEvidence> => {
    const groups = await world.subGroups(step);
    const evidence = await explainGap(world.db, groups[at]?.id ?? 0, world.clock);
    if (evidence === undefined) throw new Error(`${step} has no sub-group ${at}`);
    return evidence;
  };
  /** No runs from here on: what differs is to be seen. */
  const hold = () => queryRows(world.db, sql`UPDATE pipeline SET trigger_type = 'MANUAL'`);

  it('of what is current nothing differs', async () => {
    await define([reduce()]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    await settle('reduce');
    const { facts, ...evidence } = await explain('reduce');
    expect(evidence).toMatchObject({ inputs: [], associations: [], blockedBy: [] });
    expect(facts).toMatchObject({ isAsked: true, softwareVersion: '1.0.0', waitingReason: null, holds: [] });
    expect(facts.lastResult).toMatchObject({ softwareVersion: '1.0.0', recipe: facts.recipe });
  });

  it.each<[string, JsonObject[]]>([
    ['of a grouping by dims', [reduce()]],
    [
      'of an observation',
      [
        reduce({
          group_by: {
            by: ['night'],
            cluster: {
              tolerance: '1 h',
              slots: { dim: 'band', count: 9, minimum: 1 },
              on_missing: 'accept',
              close_after: '1 s',
              on_duplicate: 'last',
            },
          },
        }),
      ],
    ],
  ])('names the items %s that were added, removed and changed', async (_, steps) => {
    await define(steps);
    const file = (name: string) => ({ name, dims: { night: 1, band: name }, at: 0 });
    await world.ingest(['kept', 'rewritten', 'retired'].map(file));
    world.pass(HOUR);
    await settle('reduce');
    await hold();
    const before = await queryRows<{ hash: string }>(
      world.db,
      sql`SELECT content_hash AS hash FROM data_item WHERE name = 'rewritten'`,
    );
    await world.ingest([file('new')]);
    await world.rewrite('rewritten');
    await queryRows(world.db, sql`UPDATE data_item SET retired_at = ${world.clock} WHERE name = 'retired'`);
    world.pass(HOUR);
    await world.evaluate();
    const { inputs, gap } = await explain('reduce');
    expect(gap.causes).toEqual(['input_added', 'input_changed', 'input_removed']);
    expect(inputs.map(({ change, name }) => [change, name])).toEqual([
      ['added', 'new'],
      ['changed', 'rewritten'],
      ['removed', 'retired'],
    ]);
    const [added, changed, removed] = inputs;
    expect([added?.was, removed?.is]).toEqual([null, null]);
    expect([changed?.was, changed?.is === changed?.was]).toEqual([before[0]?.hash, false]);
    expect(changed?.at).toBeInstanceOf(Date);
  });

  it('names the upstream results that were made again, and by which run', async () => {
    await define([reduce(), mosaic()]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    await settle('reduce', 'mosaic');
    await world.rewrite('a');
    await world.evaluate();
    await world.complete('reduce');
    await hold();
    await world.evaluate();
    const [old, fresh] = (await world.runs('reduce')).map(({ id }) => id);
    const { inputs, gap } = await explain('mosaic');
    expect(gap.causes).toEqual(['upstream_remade']);
    expect(inputs.map(({ change, runId, was, is }) => [change, runId, was === null, is === null])).toEqual(
      expect.arrayContaining([
        ['remade', old, false, true],
        ['remade', fresh, true, false],
      ]),
    );
    expect(inputs).toHaveLength(2);
  });

  it('has the recipe then and now', async () => {
    await define([reduce({ config: { fit: { order: 1 } } })]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    await settle('reduce');
    await define([reduce({ config: { fit: { order: 3 } } })], ['1.0.0', '2.0.0']);
    await hold();
    await world.evaluate();
    const { facts, gap } = await explain('reduce');
    expect(gap.causes).toEqual(['software', 'config']);
    expect([facts.lastResult?.softwareVersion, facts.softwareVersion]).toEqual(['1.0.0', '2.0.0']);
    expect(facts.lastResult?.recipe).toMatchObject({ config: { parameters: { fit: { order: 1 } } } });
    expect(facts.recipe).toMatchObject({ config: { parameters: { fit: { order: 3 } } } });
    expect(facts.isAsked).toBe(false);
  });

  it('names the calibration that was bound and the one that is better', async () => {
    await define([reduce({ associations: [DARK] })]);
    await world.ingest([
      { name: 'old dark', dims: { dataset: 'darks' }, at: -2 * HOUR },
      { name: 'a', dims: { night: 1 }, at: 0 },
    ]);
    await settle('reduce');
    expect((await explain('reduce')).associations).toEqual([]);
    await hold();
    await world.ingest([{ name: 'better dark', dims: { dataset: 'darks' }, at: HOUR }]);
    await world.evaluate();
    const { associations, gap } = await explain('reduce');
    expect(gap.causes).toEqual(['calibration_superseded']);
    expect(associations).toMatchObject([
      {
        name: 'dark',
        role: 'only',
        was: { item: 'old dark', method: 'nearest', offset_seconds: -7200 },
        is: { item: 'better dark', method: 'nearest', offset_seconds: 3600 },
      },
    ]);
  });

  it('lists the upstream sub-groups that it waits for, and no others', async () => {
    await define([reduce(), mosaic()]);
    await world.ingest([
      { name: 'a', dims: { night: 1 } },
      { name: 'b', dims: { night: 2 } },
    ]);
    await world.evaluate();
    const { blockedBy, gap } = await explain('mosaic');
    expect(gap).toMatchObject({ state: 'blocked', dims: { night: 1 } });
    expect(blockedBy).toMatchObject([{ step: 'reduce', dims: { night: 1 }, state: 'running' }]);
  });

  it('says what holds a run of it', async () => {
    await define([reduce()]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    await world.evaluate();
    await queryRows(world.db, sql`UPDATE run SET waiting_reason = 'location site is full'`);
    await queryRows(
      world.db,
      sql`INSERT INTO run_pool (name, slots, paused_at, paused_by, pause_reason) VALUES ('gpu', 1, now(), 'ada', 'new drivers')`,
    );
    await queryRows(world.db, sql`UPDATE reduction_step SET pool = 'gpu'`);
    await queryRows(
      world.db,
      sql`INSERT INTO circuit_breaker (location_id, step_id, failure_class, is_open, failures, outcomes, last_failure, opened_at, openings, retry_at)
          SELECT location_id, step_id, 'SOFTWARE', true, 5, 5, 'exit code 1', now(), 1, now() FROM run`,
    );
    expect((await explain('reduce')).facts).toMatchObject({
      waitingReason: 'location site is full',
      holds: [
        'the circuit breaker of SOFTWARE is open: exit code 1',
        'pool gpu is paused by ada: new drivers',
      ],
    });
  });

  it('of a step that is no more it says what is stored, of no sub-group nothing', async () => {
    await define([reduce(), mosaic()]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    await settle('reduce', 'mosaic');
    await define([reduce()]);
    await world.evaluate();
    expect((await explain('mosaic')).facts).toMatchObject({
      isRetired: true,
      lastResult: { softwareVersion: '1.0.0' },
    });
    expect(await explainGap(world.db, 999_999, world.clock)).toBeUndefined();
  });
});
