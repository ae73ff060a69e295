import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Those of the runs, whose software fills tables with rows of items, of which some member has no outcome, or some outcome no member. */
export const listUnbalancedRuns = async (
  manager: EntityManager,
  runIds: readonly number[],
): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    SELECT run.id
    FROM run JOIN reduction_software_version version ON version.id = run.software_version_id
    WHERE run.id = ANY(${runIds}::bigint[]) AND version.tables @> '[{"rows_of": "item"}]'
      AND EXISTS (
        SELECT FROM (SELECT item_id FROM input_set_member member WHERE member.input_set_id = run.input_set_id AND member.binding = '') submitted
        FULL JOIN (SELECT item_id FROM item_outcome WHERE item_outcome.run_id = run.id) ended USING (item_id)
        WHERE submitted.item_id IS NULL OR ended.item_id IS NULL)
    ORDER BY run.id`,
  );
  return rows.map(({ id }) => id);
};
