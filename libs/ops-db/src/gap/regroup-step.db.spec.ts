import { sql } from '@meridian/core';
import * as fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { formable, storedGroups, worldSelection } from '../testing/formed-groups.js';
import {
  aRun,
  aStep,
  anItem,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { regroupStep, type Regrouping } from './regroup-step.js';

const T0 = Date.parse('2026-03-01T12:00:00Z');
const NOW = new Date('2026-03-02T00:00:00Z');
const MUCH_LATER = new Date('2100-01-01T00:00:00Z');
const at = (seconds: number): Date => new Date(T0 + seconds * 1000);

const CLUSTER = {
  by: ['world'],
  cluster: {
    tolerance: '10 s',
    slots: { dim: 'subband', values: ['a', 'b', 'c', 'd'], minimum: 3 },
    close_after: '1 h',
  },
};
const WINDOW = { by: ['world'], window: { size: 3, step: 2, max_gap: '20 s' } };
const SPLIT = {
  by: ['world'],
  split: { partition: { values_of: 'metadata.wafers' }, chunk: 2, n: 2 },
};

/** All that the formation says of a step's sub-groups, without what their history adds. */
const factsOf = (manager: EntityManager, stepId: number): Promise<unknown[]> =>
  queryRows(
    manager,
    sql`
    SELECT key, dims, common_dims, member_count, member_bytes, input_fingerprint, first_member_at, last_member_at, time_from, time_to, report,
      (SELECT jsonb_agg(item_id ORDER BY item_id) FROM sub_group_member m WHERE m.sub_group_id = g.id) AS members
    FROM sub_group g WHERE g.step_id = ${stepId} AND member_count > 0 ORDER BY dims`,
  );

describe('regroupStep', () => {
  let db: TestDatabase;
  let manager: EntityManager;
  beforeAll(async () => {
    db = await openTestDatabase();
    manager = db.dataSource.manager;
  });
  afterAll(() => db.close());

  const regroup = (
    step: BuiltStep,
    json: unknown,
    changedItemIds: Regrouping['changedItemIds'],
    now = NOW,
  ): Promise<readonly number[]> => {
    const rule = formable(json);
    return regroupStep(manager, { rule, selection: worldSelection(step.stepId, rule), changedItemIds, now });
  };
  let worlds = 0;
  const aWorld = (): string => `world-${(worlds += 1)}`;
  const anObservation = async (world: string, start: number, slots: string): Promise<number[]> => {
    const ids: number[] = [];
    for (const subband of slots)
      ids.push(
        await anItem(manager, { dims: { world, subband, night: 1 }, obsTime: at(start), sizeBytes: 7 }),
      );
    return ids;
  };
  // Every test has a world of its own; the others' items are out of it.
  beforeEach(() => queryRows(manager, sql`UPDATE data_item SET dims = dims - 'world' WHERE dims ? 'world'`));

  it('writes sub-groups with their members, sizes, common dims, time range and report', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const ids = await anObservation(world, 0, 'abcd');
    await regroup(step, CLUSTER, ids);
    const [row] = await queryRows<Record<string, unknown>>(
      manager,
      sql`SELECT g.dims, common_dims, member_count, member_bytes, time_from, time_to, report ->> 'form' AS form,
            input_fingerprint = (SELECT fingerprint(sum(hash_a), sum(hash_b)) FROM data_item WHERE id = ANY(${ids}::bigint[])) AS is_fingerprint
          FROM sub_group g WHERE step_id = ${step.stepId}`,
    );
    expect(row).toEqual({
      dims: { world, cluster: '2026-03-01T12:00:00Z' },
      common_dims: { world, cluster: '2026-03-01T12:00:00Z', night: 1 },
      member_count: 4,
      member_bytes: 28,
      time_from: at(0),
      time_to: at(0),
      form: 'complete',
      is_fingerprint: true,
    });
  });

  it('writes nothing when nothing changed, and names what did', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const early = await anObservation(world, 0, 'abc');
    const late = await anObservation(world, 100, 'abcd');
    const first = await regroup(step, CLUSTER, [...early, ...late]);
    const again = await regroup(step, CLUSTER, [...early, ...late]);
    const missing = await anObservation(world, 3, 'd');
    const [completed] = await storedGroups(manager, step.stepId);
    const second = await regroup(step, CLUSTER, missing);
    expect([first.length, again, second]).toEqual([2, [], [completed?.id]]);
  });

  it('closes an observation when its waiting is over, though no item changed', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const ids = await anObservation(world, 0, 'abc');
    const formAfter = async (hours: number, changed: number[]): Promise<unknown> => {
      const [row] = await queryRows<{ at: Date }>(
        manager,
        sql`SELECT max(changed_at) AS at FROM data_item WHERE id = ANY(${ids}::bigint[])`,
      );
      await regroup(step, CLUSTER, changed, new Date((row?.at.getTime() ?? 0) + hours * 3_600_000));
      return (await storedGroups(manager, step.stepId))[0]?.report['form'];
    };
    expect([await formAfter(0.9, ids), await formAfter(0.95, []), await formAfter(1.1, [])]).toEqual([
      'collecting',
      'collecting',
      'partial',
    ]);
  });

  it('shows items that cannot be placed, and takes them in once they can', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const ids = await anObservation(world, 0, 'abc');
    const odd = await anItem(manager, { dims: { world, subband: 'd' } });
    await regroup(step, CLUSTER, [...ids, odd]);
    const unplaced = (await storedGroups(manager, step.stepId)).find(({ dims }) => dims['cluster'] === null);
    expect(unplaced?.report['refused']).toEqual([{ item: odd, reason: 'it has no obs_time' }]);
    await queryRows(manager, sql`UPDATE data_item SET obs_time = ${at(1)} WHERE id = ${odd}`);
    await regroup(step, CLUSTER, [odd]);
    expect((await storedGroups(manager, step.stepId)).map(({ memberIds }) => memberIds)).toEqual([
      [...ids, odd],
    ]);
  });

  it('empties a sub-group that is gone but has a history, forgets one that has none, and tells of both', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const [early, late] = [await anObservation(world, 0, 'abcd'), await anObservation(world, 100, 'abcd')];
    await regroup(step, CLUSTER, [...early, ...late]);
    const [ran, forgotten] = await storedGroups(manager, step.stepId);
    await aRun(manager, { step, subGroupId: ran?.id ?? 0, status: 'COMPLETED' });
    await queryRows(
      manager,
      sql`UPDATE data_item SET retired_at = now() WHERE id = ANY(${[...early, ...late]}::bigint[])`,
    );
    const changed = await regroup(step, CLUSTER, [...early, ...late]);
    const left = await queryRows<{ id: number; member_count: number; members: number }>(
      manager,
      sql`SELECT id, member_count, (SELECT count(*)::int FROM sub_group_member m WHERE m.sub_group_id = g.id) AS members
          FROM sub_group g WHERE step_id = ${step.stepId}`,
    );
    expect([changed, left]).toEqual([
      [ran?.id, forgotten?.id],
      [{ id: ran?.id, member_count: 0, members: 0 }],
    ]);
  });

  it('finds an item that was set aside and moved, by what it was', async () => {
    const [step, world] = [await aStep(manager), aWorld()];
    const ids = await anObservation(world, 0, 'abcd');
    const [duplicate = 0] = await anObservation(world, -2, 'a');
    await regroup(step, CLUSTER, [...ids, duplicate]);
    await queryRows(manager, sql`UPDATE data_item SET obs_time = ${at(5_000)} WHERE id = ${duplicate}`);
    await regroup(step, CLUSTER, [duplicate]);
    expect(
      (await storedGroups(manager, step.stepId)).map(({ report }) => [report['form'], report['duplicates']]),
    ).toEqual([
      ['complete', []],
      ['collecting', []],
    ]);
  });

  it('looks as far as the neighbourhood of a change reaches', async () => {
    const [little, whole, world] = [await aStep(manager), await aStep(manager), aWorld()];
    const ids = await queryRows<{ id: number }>(
      manager,
      sql`INSERT INTO data_item (kind, name, dims, content_hash, size_bytes, obs_time)
          SELECT 'RAW_DATA_FILE', format('%s-%s', ${world}::text, n),
            jsonb_build_object('world', ${world}::text, 'subband', substr('abcd', 1 + n * 7 % 4, 1)),
            encode(sha256(n::text::bytea), 'hex'), 1, ${at(0)}::timestamptz + n * interval '4 seconds'
          FROM generate_series(0, 400) n RETURNING id`,
    );
    await regroup(little, CLUSTER, 'all');
    // The first anchor moves, and with it every one after it.
    await queryRows(manager, sql`UPDATE data_item SET retired_at = now() WHERE id = ${ids[0]?.id}`);
    const changed = await regroup(little, CLUSTER, [ids[0]?.id ?? 0]);
    await regroup(whole, CLUSTER, 'all');
    expect(await factsOf(manager, little.stepId)).toEqual(await factsOf(manager, whole.stepId));
    expect(changed.length).toBeGreaterThan(50);
  });

  const CHANGE = fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'move', 'slot', 'retire', 'revive', 'content', 'world'),
    which: fc.nat(30),
    time: fc.option(fc.integer({ min: 0, max: 150 }), { freq: 10 }),
    subband: fc.constantFrom('a', 'b', 'c', 'd', 'x'),
    other: fc.boolean(),
  });
  type Change = typeof CHANGE extends fc.Arbitrary<infer T> ? T : never;

  /** Makes one change of the history, and returns the item that it touched. */
  async function make(change: Change, ids: number[], names: readonly [string, string]): Promise<number> {
    const obsTime = change.time === null ? null : at(change.time);
    const world = change.other ? names[1] : names[0];
    const id = ids[change.which % Math.max(ids.length, 1)];
    if (id === undefined || change.what === 'add') {
      const wafers = change.which % 5 === 0 ? [] : ['w1', change.subband];
      const added = await anItem(manager, {
        dims: { world, subband: change.subband },
        metadata: { wafers },
        ...(obsTime === null ? {} : { obsTime }),
      });
      ids.push(added);
      return added;
    }
    const changes = {
      move: sql`obs_time = ${obsTime}`,
      slot: sql`dims = dims || jsonb_build_object('subband', ${change.subband}::text)`,
      retire: sql`retired_at = now()`,
      revive: sql`retired_at = NULL`,
      content: sql`content_hash = encode(sha256(content_hash::bytea), 'hex')`,
      world: sql`dims = dims || jsonb_build_object('world', ${world}::text)`,
    };
    await queryRows(manager, sql`UPDATE data_item SET ${changes[change.what]} WHERE id = ${id}`);
    return id;
  }

  it.each([
    ['clusters', CLUSTER],
    ['windows', WINDOW],
    ['splits', SPLIT],
  ])('forms %s step by step as it forms them from scratch', async (_, json) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(CHANGE, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        async (history) => {
          await queryRows(manager, sql`DELETE FROM sub_group_member`);
          await queryRows(manager, sql`UPDATE data_item SET dims = dims - 'world' WHERE dims ? 'world'`);
          await queryRows(manager, sql`DELETE FROM data_item_change`);
          const [little, whole] = [await aStep(manager), await aStep(manager)];
          const [ids, names] = [[] as number[], [aWorld(), aWorld()] as const];
          for (const [index, batch] of history.entries()) {
            const touched: number[] = [];
            for (const change of batch) touched.push(await make(change, ids, names));
            // Half way through the history every observation has waited long enough.
            const now = index * 2 < history.length ? NOW : MUCH_LATER;
            await regroup(little, json, touched, now);
            await regroup(whole, json, 'all', now);
            const expected = await factsOf(manager, whole.stepId);
            compared += expected.length;
            expect(await factsOf(manager, little.stepId)).toEqual(expected);
          }
        },
      ),
      { numRuns: 25 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
