import { sql } from '@meridian/core';
import { queryRows } from '../sql.js';
import { formable, storedGroups, worldSelection } from '../testing/formed-groups.js';
import { insertObservatory } from '../testing/hostile-observatory.js';
import { aStep, anItem, openTestDatabase, type TestDatabase } from '../testing/index.js';
import { regroupStep } from './regroup-step.js';

describe('regroupStep with splits', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('parts day from night where the telescope of each item stands', async () => {
    const { manager } = db.dataSource;
    await insertObservatory(manager);
    const step = await aStep(manager);
    const rule = formable({
      by: ['world'],
      split: { n: 1, derive: [{ kind: 'day_night' }], partition: { values_of: 'day_night' } },
    });
    const ids: number[] = [];
    // Noon and midnight at 68° west; the last item has no telescope.
    for (const hour of ['16', '04', '04'])
      ids.push(
        await anItem(manager, { dims: { world: 'atacama' }, obsTime: new Date(`2026-03-01T${hour}:30:00Z`) }),
      );
    const [noon, midnight, anywhere] = ids;
    await queryRows(
      manager,
      sql`UPDATE data_item SET instrument_module_id = 1 WHERE id IN (${noon}, ${midnight})`,
    );
    await regroupStep(manager, {
      rule,
      selection: worldSelection(step.stepId, rule),
      changedItemIds: ids,
      now: new Date(),
    });
    const stored = await storedGroups(manager, step.stepId);
    expect(new Map(stored.map(({ dims, memberIds }) => [dims['case'], memberIds]))).toEqual(
      new Map([
        ['day', [noon]],
        ['night', [midnight]],
        ['unknown', [anywhere]],
      ]),
    );
    expect(new Set(stored.map(({ report }) => report['split_set'])).size).toBe(1);
  });
});
