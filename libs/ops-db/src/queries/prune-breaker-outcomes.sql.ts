import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Forgets up to `limit` outcomes that are too old to count, oldest first. Returns how many. */
export const pruneBreakerOutcomes = async (
  manager: EntityManager,
  { olderThanSeconds, limit }: { olderThanSeconds: number; limit: number },
): Promise<number> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    DELETE FROM run_outcome
    WHERE is_judged AND at < clock_timestamp() - make_interval(secs => ${olderThanSeconds})
      AND id = ANY(ARRAY(SELECT id FROM run_outcome ORDER BY id LIMIT ${limit}))
    RETURNING id
  `,
  );
  return rows.length;
};
