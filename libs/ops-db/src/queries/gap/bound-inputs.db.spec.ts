import { sql } from '@meridian/core';
import { chooseAssociations } from '../../gap/choose-associations.js';
import { queryRow, queryRows } from '../../sql.js';
import {
  aDark,
  anItem,
  aRun,
  aStep,
  aTarget,
  darks,
  hour,
  openTestDatabase,
  type TestDatabase,
} from '../../testing/index.js';
import { boundInputs, recordedAssociations } from './bound-inputs.js';

describe('what is bound when a run is created', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('makes, with the members, the fingerprint of the sub-group, and stays with the run as it was', async () => {
    const { manager } = db.dataSource;
    const step = await aStep(manager);
    const subGroupId = await aTarget(manager, [1, 1], { step });
    const [first, last] = [await aDark(manager, 0), await aDark(manager, 3)];
    const member = await anItem(manager);
    await queryRows(
      manager,
      sql`UPDATE sub_group g SET input_fingerprint = fingerprint(item.hash_a, item.hash_b) FROM data_item item WHERE item.id = ${member} AND g.id = ${subGroupId}`,
    );
    const choose = () =>
      chooseAssociations(manager, {
        stepId: step.stepId,
        associations: darks({ policy: 'interpolate' }),
        subGroupIds: [subGroupId],
        now: hour(9),
      });
    await choose();
    // Registered again since it was chosen: the choice still stands for what it was.
    const chosen = sql`SELECT item_id AS item, content_hash AS content FROM sub_group_association ORDER BY item_id`;
    const contents = await queryRows<{ item: number; content: string }>(manager, chosen);
    await queryRows(manager, sql`UPDATE data_item SET content_hash = repeat('e', 64) WHERE id = ${first}`);

    const { runId } = await aRun(manager, { step, subGroupId, itemIds: [member] });
    const row = await queryRow<{ isSame: boolean; bound: object[] }>(
      manager,
      sql`
      WITH target AS (SELECT id, input_fingerprint FROM sub_group WHERE id = ${subGroupId}),
      fired AS (SELECT id, sub_group_id FROM run WHERE id = ${runId}),
      bound AS (${boundInputs}),
      recorded AS (${recordedAssociations}),
      input AS (SELECT hash_a, hash_b FROM bound UNION ALL SELECT hash_a, hash_b FROM data_item WHERE id = ${member})
      SELECT (SELECT fingerprint(sum(hash_a), sum(hash_b)) FROM input) = target.input_fingerprint AS "isSame",
        (SELECT jsonb_agg(jsonb_build_object('item', item_id, 'content', content_hash, 'binding', binding, 'bytes', size_bytes) ORDER BY item_id) FROM bound) AS bound
      FROM target`,
    );
    expect(row).toEqual({
      isSame: true,
      bound: contents.map((one) => ({ ...one, binding: 'dark', bytes: 100 })),
    });

    await choose();
    const kept = await queryRows(
      manager,
      sql`SELECT item_id AS item, content_hash AS content, name, role, method, offset_seconds AS "offset", weight FROM run_association
          WHERE run_id = ${runId} ORDER BY item_id`,
    );
    const how = { name: 'dark', method: 'interpolated' };
    expect(kept).toEqual([
      { ...contents[0], ...how, role: 'before', offset: -3600, weight: expect.closeTo(2 / 3, 12) },
      { ...contents[1], ...how, role: 'after', offset: 7200, weight: expect.closeTo(1 / 3, 12) },
    ]);
    expect(contents.map(({ item }) => item)).toEqual([first, last]);
    await expect(
      queryRows(manager, sql`UPDATE run_association SET weight = 1 WHERE run_id = ${runId}`),
    ).rejects.toThrow();
  });
});
