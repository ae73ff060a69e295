import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface RebuildProgress {
  readonly id: number;
  readonly owner: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly counts: JsonObject;
  readonly problems: readonly JsonObject[];
  /** Why it failed. */
  readonly problem: string | null;
  readonly leaseSeconds: number;
}

/** Notes how far a rebuild is, and keeps it for longer. False when `owner` lost it. */
export const recordRebuild = async (
  manager: EntityManager,
  { id, owner, state, counts, problems, problem, leaseSeconds }: RebuildProgress,
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    UPDATE location_rebuild SET state = ${state}, counts = ${JSON.stringify(counts)}::jsonb, problems = ${JSON.stringify(problems)}::jsonb, problem = ${problem},
      finished_at = CASE WHEN ${state} = 'running' THEN NULL ELSE now() END, lease_owner = CASE WHEN ${state} = 'running' THEN lease_owner END,
      lease_expires_at = CASE WHEN ${state} = 'running' THEN now() + make_interval(secs => ${leaseSeconds}) END
    WHERE id = ${id} AND lease_owner = ${owner} AND finished_at IS NULL
    RETURNING id`,
  )) !== undefined;
