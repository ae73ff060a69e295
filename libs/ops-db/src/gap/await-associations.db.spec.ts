import { parseAssociations, sql, type Association } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import {
  aDark,
  darks,
  aTarget,
  associationOf,
  boundTo,
  hour,
  type TargetOptions,
} from '../testing/association-builders.js';
import {
  aProduct,
  aRawFile,
  aRun,
  aStep,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { associationsTouchedBy, chooseAssociations } from './choose-associations.js';

const NOW = hour(100);

describe('associations whose candidates change', () => {
  let db: TestDatabase;
  let manager: EntityManager;
  let step: BuiltStep;
  let solve: BuiltStep;
  beforeAll(async () => {
    db = await openTestDatabase();
    manager = db.dataSource.manager;
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await queryRows(manager, sql`UPDATE data_item SET retired_at = now() WHERE retired_at IS NULL`);
    step = await aStep(manager);
    solve = await aStep(manager, { pipeline: step, name: `solve-${step.stepId}` });
  });

  const target = (range: readonly [number | null, number | null], options: Partial<TargetOptions> = {}) =>
    aTarget(manager, range, { step, ...options });
  const choose = (associations: readonly Association[], now = NOW) =>
    chooseAssociations(manager, { stepId: step.stepId, associations, subGroupIds: 'all', now });

  /** A sub-group of the producer that observed in this hour, in a state, with the product of a completed run or without. */
  async function aSolution(
    at: number,
    options: { state?: string; isMade?: boolean; type?: 'SCIENCE' | 'PLOT' } = {},
  ): Promise<{ producer: number; runId: number; product: number }> {
    const { state = 'current', isMade = true, type = 'SCIENCE' } = options;
    const producer = await target([at, at], { step: solve });
    const run = await aRun(manager, {
      step: solve,
      subGroupId: producer,
      status: isMade ? 'COMPLETED' : 'RUNNING',
    });
    const product = isMade ? await aProduct(manager, run, { obsTime: hour(at), type }) : 0;
    await queryRows(
      manager,
      sql`UPDATE sub_group SET state = ${state}, contributed_run_id = ${isMade ? run.runId : null},
              until = CASE WHEN ${state} IN ('settling', 'cooling_down') THEN now() END WHERE id = ${producer}`,
    );
    return { producer, runId: run.runId, product };
  }
  const fromSolve = (more: object = {}) =>
    parseAssociations([{ name: 'gains', from: { step: solve.name }, policy: 'nearest', ...more }]);

  it('takes the data products of the result that each sub-group offers now', async () => {
    const { product, producer } = await aSolution(0);
    await aSolution(4, { type: 'PLOT' });
    const elsewhere = await aStep(manager, { name: solve.name });
    const id = await target([4, 4]);
    await choose(fromSolve());
    expect(await boundTo(manager, id)).toMatchObject([{ name: 'gains', item: product }]);

    const again = await aRun(manager, { step: solve, subGroupId: producer, status: 'COMPLETED' });
    const remade = await aProduct(manager, again, { obsTime: hour(0) });
    expect(await choose(fromSolve())).toEqual([]);
    await queryRows(
      manager,
      sql`UPDATE sub_group SET contributed_run_id = ${again.runId} WHERE id = ${producer}`,
    );
    expect(await choose(fromSolve())).toEqual([id]);
    expect(await boundTo(manager, id)).toMatchObject([{ item: remade }]);

    const names = await queryRow<{ name: string }>(
      manager,
      sql`SELECT name FROM pipeline WHERE id = ${elsewhere.pipelineId}`,
    );
    await choose(fromSolve({ from: { pipeline: names?.name, step: solve.name } }));
    expect(await boundTo(manager, id)).toEqual([]);
  });

  it('a filter takes offered products of any step, and no superseded ones', async () => {
    const { product, producer, runId } = await aSolution(0);
    const superseded = await aRun(manager, { step: solve, subGroupId: producer, status: 'COMPLETED' });
    await aProduct(manager, superseded, { obsTime: hour(3) });
    const made = [{ table: 'DataProduct', column: 'type', operator: 'eq', value: 'SCIENCE' }];
    const id = await target([4, 4]);
    expect(runId).toBeLessThan(superseded.runId);
    await choose(parseAssociations([{ name: 'gains', select: made, policy: 'nearest' }]));
    expect(await boundTo(manager, id)).toMatchObject([{ item: product }]);
  });

  it.each(['missing', 'stale', 'running', 'settling', 'cooling_down'])(
    'waits for a nearer result of a producer that is %s, for a time',
    async (state) => {
      const { product } = await aSolution(0);
      const { producer } = await aSolution(3, { state, isMade: false });
      const id = await target([4, 4], { last: 10 });
      const waiting = fromSolve({ await_seconds: 3600 });
      const until = hour(11).toISOString();
      await choose(waiting, hour(10.5));
      expect((await associationOf(manager, id)).association).toMatchObject({
        chosen: { gains: { items: [{ id: product }] } },
        awaiting: { name: 'gains', producer, until },
      });
      expect(await choose(waiting, hour(11))).toEqual([id]);
      expect((await associationOf(manager, id)).association).not.toHaveProperty('awaiting');
    },
  );

  it.each(['failed', 'incomplete', 'blocked', 'waived', 'paused', 'current'])(
    'does not wait for a producer that is %s',
    async (state) => {
      await aSolution(3, { state, isMade: false });
      const id = await target([4, 4], { last: 10 });
      await choose(fromSolve({ await_seconds: 3600 }), hour(10.5));
      expect((await associationOf(manager, id)).association).toEqual({
        chosen: {},
        absent: { gains: 'none_found' },
        missing: ['gains'],
      });
    },
  );

  it('does not wait for a producer whose result would not be better', async () => {
    await aSolution(3);
    await aSolution(0, { state: 'running', isMade: false });
    const id = await target([4, 4], { last: 10 });
    await choose(fromSolve({ await_seconds: 3600 }), hour(10.5));
    expect((await associationOf(manager, id)).association).not.toHaveProperty('awaiting');
  });

  it('what is awaited for the first time is not missing yet', async () => {
    const { producer } = await aSolution(3, { state: 'running', isMade: false });
    const id = await target([4, 4], { last: 10 });
    await choose(fromSolve({ await_seconds: 3600 }), hour(10.5));
    expect((await associationOf(manager, id)).association).toEqual({
      chosen: {},
      absent: { gains: 'none_found' },
      awaiting: { name: 'gains', producer, until: hour(11).toISOString() },
    });
  });

  it('new results and sub-groups that wait are found by what changed', async () => {
    const { runId } = await aSolution(0);
    const [near, far] = [await target([1, 1]), await target([50, 50])];
    const associations = fromSolve({ max_offset: '2 h', await_seconds: 60 });
    const touched = (query: object) =>
      associationsTouchedBy(manager, {
        stepId: step.stepId,
        associations,
        itemIds: [],
        runIds: [],
        now: NOW,
        ...query,
      });
    expect(await touched({})).toEqual([]);
    expect(await touched({ runIds: [runId] })).toEqual([near]);
    await queryRows(manager, sql`UPDATE sub_group SET association = '{"awaiting": {}}' WHERE id = ${far}`);
    expect(await touched({})).toEqual([far]);
    await queryRows(manager, sql`UPDATE sub_group SET last_member_at = ${NOW} WHERE id = ${near}`);
    expect([...(await touched({}))].sort()).toEqual([near, far].sort());
  });

  it('what changed items may touch is found by dims, time and what is bound now', async () => {
    const [inBand, other] = [
      await aDark(manager, 0, { dims: { band: 1 } }),
      await aDark(manager, 0, { dims: { band: 2 } }),
    ];
    const one = await target([1, 1], { dims: { band: 1 } });
    const two = await target([1, 1], { dims: { band: 2 } });
    const away = await target([30, 30], { dims: { band: 1 } });
    const associations = darks({ same: ['band'], max_offset: '2 h' });
    const touchedBy = (...itemIds: number[]) =>
      associationsTouchedBy(manager, { stepId: step.stepId, associations, itemIds, runIds: [], now: NOW });
    expect(await touchedBy(inBand)).toEqual([one]);
    expect(await touchedBy(other)).toEqual([two]);
    expect(
      await touchedBy(await aRawFile(manager, { dims: { kind: 'flat', band: 1 }, obsTime: hour(1) })),
    ).toEqual([]);
    await choose(associations);
    await queryRows(manager, sql`UPDATE data_item SET dims = '{"kind": "science"}' WHERE id = ${inBand}`);
    expect(await touchedBy(inBand)).toEqual([one]);
    expect(await choose(associations)).toEqual([one]);
    expect(await boundTo(manager, away)).toEqual([]);
  });
});
