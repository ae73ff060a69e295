import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { amongIds } from './among-ids.js';

/** Of some sub-groups of a step (`ids` null: of all), those whose members are not those of their last completed run. */
export const listDifferingSubGroups = async (
  manager: EntityManager,
  { stepId, ids }: { stepId: number; ids: readonly number[] | null },
): Promise<number[]> => {
  const rows = await queryPrepared<{ id: number }>(
    manager,
    sql`
    SELECT g.id FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id
    WHERE g.step_id = ${stepId} AND ${amongIds('g.id', ids)}
      AND CASE WHEN g.association_fingerprint = done.association_fingerprint THEN done.input_fingerprint <> g.input_fingerprint
        ELSE add_fingerprints(done.input_fingerprint, g.association_fingerprint) <> add_fingerprints(g.input_fingerprint, done.association_fingerprint) END`,
  );
  return rows.map(({ id }) => id);
};
