import { sql } from '@meridian/core';
import { listenForWork } from '../listen-for-work.js';
import { queryRows } from '../sql.js';
import { aStep, aSubGroup, openTestDatabase, type BuiltStep, type TestDatabase } from '../testing/index.js';
import { closeGrouping } from './close-grouping.sql.js';
import { forceSubGroups } from './force-sub-groups.sql.js';
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
    step = await aStep(manager);
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
    [
      'a close of the grouping',
      () =>
        closeGrouping(test.dataSource.manager, {
          groupingId: step.groupingId,
          selection,
          actor: 'ada',
          reason: 'over',
        }),
    ],
  ];

  it.each(MARKS)('%s is in the feed of exactly what it marks, and wakes who evaluates', async (_, mark) => {
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
      await mark();
      await woken;
    } finally {
      await stop();
    }
    expect(
      await queryRows(test.dataSource.manager, sql`SELECT step_id, sub_group_id FROM sub_group_change`),
    ).toEqual([{ step_id: step.stepId, sub_group_id: marked }]);
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
