import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export interface PoolRow {
  readonly id: number;
  readonly name: string;
  readonly slots: number;
  /** Runs that take a slot now. */
  readonly inUse: number;
  /** Runs that wait for one, or for something else. */
  readonly pending: number;
  /** `pipeline/step`, retired ones left out. */
  readonly steps: readonly string[];
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

const COLUMNS = sql`
      pool.id, pool.name, pool.slots, runs."inUse", runs.pending,
      ARRAY(SELECT p.name || '/' || s.name FROM reduction_step s JOIN pipeline p ON p.id = s.pipeline_id
            WHERE s.pool = pool.name AND s.retired_at IS NULL ORDER BY 1) AS steps,
      pool.paused_at AS "pausedAt", pool.paused_by AS "pausedBy", pool.pause_reason AS "pauseReason"
    FROM run_pool pool CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE run.status <> 'PENDING')::int AS "inUse", count(*) FILTER (WHERE run.status = 'PENDING')::int AS pending
      FROM reduction_step s JOIN run ON run.step_id = s.id
      WHERE s.pool = pool.name AND run.status IN ('PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS')
    ) AS runs`;

/** Pools by id, those after `after`. */
export const listPools = (
  manager: EntityManager,
  page: { after: number | null; limit: number },
): Promise<PoolRow[]> =>
  queryRows(
    manager,
    sql`SELECT ${COLUMNS} WHERE pool.id > ${page.after ?? 0} ORDER BY pool.id LIMIT ${page.limit}`,
  );

export const findPool = (manager: EntityManager, name: string): Promise<PoolRow | undefined> =>
  queryRow(manager, sql`SELECT ${COLUMNS} WHERE pool.name = ${name}`);
