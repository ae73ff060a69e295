import { sql } from '@meridian/core';
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

const NOW = new Date('2026-03-02T00:00:00Z');

describe('regroupStep with shards', () => {
  let db: TestDatabase;
  let manager: EntityManager;
  beforeAll(async () => {
    db = await openTestDatabase();
    manager = db.dataSource.manager;
  });
  afterAll(() => db.close());

  const items = async (count: number, world = 'here'): Promise<number[]> => {
    const ids: number[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await anItem(manager, { dims: { world } }));
    return ids;
  };
  const RULE = formable({ by: ['world'], item: { bundle: 25 } });
  const regroup = (
    step: BuiltStep,
    changedItemIds: Regrouping['changedItemIds'],
  ): Promise<readonly number[]> =>
    regroupStep(manager, {
      rule: RULE,
      selection: worldSelection(step.stepId, RULE),
      changedItemIds,
      now: NOW,
    });
  const shardsOf = async (step: BuiltStep): Promise<[unknown, number[]][]> =>
    (await storedGroups(manager, step.stepId)).map(({ dims, memberIds }) => [dims['shard'], memberIds]);
  beforeEach(() => queryRows(manager, sql`UPDATE data_item SET dims = dims - 'world' WHERE dims ? 'world'`));

  it('puts 100 inputs into four shards', async () => {
    const step = await aStep(manager);
    const ids = await items(100);
    await regroup(step, ids);
    expect(await shardsOf(step)).toEqual([0, 1, 2, 3].map((n) => [n + 1, ids.slice(n * 25, n * 25 + 25)]));
    expect(await regroup(step, 'all')).toEqual([]);
  });

  it('never changes a shard that had a run, and fills those that had none', async () => {
    const step = await aStep(manager);
    const ids = await items(30);
    await regroup(step, ids);
    const [first] = await storedGroups(manager, step.stepId);
    await aRun(manager, { step, subGroupId: first?.id ?? 0, status: 'COMPLETED' });
    // One of a frozen shard and one of an open shard go, and 25 come.
    await queryRows(
      manager,
      sql`UPDATE data_item SET retired_at = now() WHERE id IN (${ids[3]}, ${ids[27]})`,
    );
    const late = await items(25);
    await regroup(step, [ids[3] ?? 0, ids[27] ?? 0, ...late]);
    const open = [...ids.slice(25).filter((id) => id !== ids[27]), ...late];
    const expected = [
      [1, ids.slice(0, 25)],
      [2, open.slice(0, 25)],
      [3, open.slice(25)],
    ];
    expect(await shardsOf(step)).toEqual(expected);
    await regroup(step, 'all');
    expect(await shardsOf(step)).toEqual(expected);
  });

  it('makes a frozen shard differ from what its run was given when an input of it changes', async () => {
    const step = await aStep(manager);
    const ids = await items(2);
    await regroup(step, ids);
    const [shard] = await storedGroups(manager, step.stepId);
    await aRun(manager, { step, subGroupId: shard?.id ?? 0, status: 'COMPLETED' });
    await queryRows(manager, sql`UPDATE data_item SET content_hash = repeat('0', 64) WHERE id = ${ids[0]}`);
    expect(await regroup(step, [ids[0] ?? 0])).toEqual([shard?.id]);
    expect(await shardsOf(step)).toEqual([[1, ids]]);
  });
});
