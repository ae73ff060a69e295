import { sql, type Dims } from '@meridian/core';
import { listenForWork } from '../listen-for-work.js';
import { selectionOf } from '../gap/step-selection.js';
import { queryRow, queryRows } from '../sql.js';
import { aStep, aSubGroup, openTestDatabase, type BuiltStep, type TestDatabase } from '../testing/index.js';
import { closeGrouping } from './close-grouping.sql.js';
import { forceSubGroups } from './force-sub-groups.sql.js';
import { listTouchedSubGroups } from './gap/list-touched-sub-groups.sql.js';
import { loadEvaluableSteps } from './gap/load-evaluable-steps.sql.js';
import { waiveSubGroup } from './waive-sub-group.sql.js';

describe('a mark on sub-groups', () => {
  let test: TestDatabase;
  let step: BuiltStep;
  let other: BuiltStep;
  let marked: number;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    const { manager } = test.dataSource;
    step = await aStep(manager, { groupBy: ['source'] });
    other = await aStep(manager, { pipeline: step });
    marked = await aSubGroup(manager, { step, dims: { source: 'M17' }, state: 'missing' });
    await aSubGroup(manager, { step: other, dims: { source: 'M18' }, state: 'missing' });
    await aSubGroup(manager, { dims: { source: 'M17' }, state: 'missing' });
    await queryRows(manager, sql`DELETE FROM sub_group_change`);
  });

  const selection = { source: 'M17' };
  const MARKS: [string, () => Promise<unknown>][] = [
    [
      'a waiver',
      () =>
        waiveSubGroup(test.dataSource.manager, {
          subGroupId: marked,
          waiver: { by: 'ada', reason: 'clouds' },
        }),
    ],
    [
      'a forced run',
      () =>
        forceSubGroups(test.dataSource.manager, {
          pipelineId: step.pipelineId,
          selection,
          steps: null,
          actor: 'ada',
        }),
    ],
  ];

  /** Whether who evaluates is woken by it; waits for ever when not. */
  const wakes = async (act: () => Promise<unknown>): Promise<void> => {
    let wake = (): void => undefined;
    const stop = await listenForWork({
      url: test.url,
      applicationName: 'test',
      topics: ['evaluate'],
      wake: () => wake(),
      onLost: () => undefined,
    });
    try {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      await act();
      await woken;
    } finally {
      await stop();
    }
  };

  it.each(MARKS)('%s is in the feed of exactly what it marks, and wakes who evaluates', async (_, mark) => {
    await wakes(mark);
    expect(
      await queryRows(test.dataSource.manager, sql`SELECT step_id, sub_group_id FROM sub_group_change`),
    ).toEqual([{ step_id: step.stepId, sub_group_id: marked }]);
  });

  it('a close of the grouping has those sub-groups judged that it may concern, of steps that have not seen it, and wakes who evaluates', async () => {
    const { manager } = test.dataSource;
    const [first] = await loadEvaluableSteps(manager, step.pipelineId);
    if (first === undefined) throw new Error('the step does not live');
    const snapshot = async (): Promise<string> =>
      (await queryRow<{ now: string }>(manager, sql`SELECT pg_current_snapshot()::text AS now`))?.now ?? '';
    const now = new Date();
    const touched = async (since: string) =>
      listTouchedSubGroups(manager, {
        selection: selectionOf(first, now),
        ...{ since, upTo: await snapshot(), now, ids: [], upstreamIds: [], upstreamDims: [] },
      });
    const another = await aSubGroup(manager, { step, dims: { source: 'M18' }, state: 'missing' });
    const before = await snapshot();
    const close = (dims: Dims) =>
      closeGrouping(manager, { groupingId: step.groupingId, selection: dims, actor: 'ada', reason: 'over' });

    await wakes(() => close(selection));
    expect(await touched(before)).toEqual([marked]);
    const later = await snapshot();
    expect(await touched(later)).toEqual([]);
    await close({ line: 'CII' });
    expect((await touched(later)).sort()).toEqual([marked, another].sort());
  });

  it('of nothing says nothing', async () => {
    const nowhere = { source: 'M99' };
    const { manager } = test.dataSource;
    expect(await waiveSubGroup(manager, { subGroupId: 0, waiver: null })).toBe(false);
    const request = { pipelineId: step.pipelineId, selection: nowhere, steps: null, actor: 'ada' };
    expect(await forceSubGroups(manager, request)).toBe(0);
    expect(await queryRows(manager, sql`SELECT sub_group_id FROM sub_group_change`)).toEqual([]);
  });
});
