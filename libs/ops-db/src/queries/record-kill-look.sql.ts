import { cleanLooksAfter, isProven, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { countKilledRuns } from './count-killed-runs.sql.js';
import { stopKilledRuns } from './stop-killed-runs.sql.js';

/** A job that is alive although it is to be stopped. */
export interface AliveJob {
  readonly job_id: string;
  readonly token: string;
  readonly run_id: number;
  /** Null when the database does not know the run. */
  readonly pipeline: string | null;
  readonly state: 'queued' | 'running';
  readonly since: string | null;
}

export interface KillLookRecord {
  readonly killId: number;
  readonly locationId: number;
  readonly look: number;
  /** Why the site did not answer; null when it did. */
  readonly silence: string | null;
  /** In the scope of the kill. */
  readonly alive: readonly AliveJob[];
  readonly toldCount: number;
  /** Runs of the scope at this site that could still get a job when the site was asked. */
  readonly runsWithJob: number;
  readonly nextLookSeconds: number;
}

/** So many alive jobs are kept in words; the rest are counted. */
const SHOWN_JOBS = 1000;

/**
 * Keeps what a site said, and settles the kill when that completes its proof: the rule is core's `isProven`. Returns whether it did.
 *
 * One transaction that holds the kill's row, so of several looks that end at once the last one sees them all. Runs that
 * appeared meanwhile are stopped first, and count. Of a site that is silent, what it last had alive stays on record.
 */
export const recordKillLook = (manager: EntityManager, record: KillLookRecord): Promise<boolean> =>
  manager.transaction(async (transaction) => {
    const { killId } = record;
    const open = await queryRow<{ id: number }>(
      transaction,
      sql`SELECT id FROM kill_request WHERE id = ${killId} AND settled_at IS NULL AND lifted_at IS NULL FOR UPDATE`,
    );
    if (open === undefined || !(await keepLook(transaction, record))) return false;
    await stopKilledRuns(transaction, killId);
    const withJob = await countKilledRuns(transaction, killId);
    const sites = await queryRows<{ cleanLooks: number }>(
      transaction,
      sql`SELECT clean_looks AS "cleanLooks" FROM kill_site WHERE kill_request_id = ${killId}`,
    );
    const runsWithJob = [...withJob.values()].reduce((sum, runs) => sum + runs, 0);
    if (!isProven({ runsWithJob, cleanLooks: sites.map((site) => site.cleanLooks) })) return false;
    await queryRows(
      transaction,
      sql`UPDATE kill_request SET settled_at = now() WHERE id = ${killId} RETURNING pg_notify('meridian_work', 'runs')`,
    );
    return true;
  });

/** False when the look belongs to somebody else by now. */
async function keepLook(transaction: EntityManager, record: KillLookRecord): Promise<boolean> {
  const { killId, locationId, look, silence, alive } = record;
  const before = await queryRow<{ cleanLooks: number }>(
    transaction,
    sql`SELECT clean_looks AS "cleanLooks" FROM kill_site
        WHERE kill_request_id = ${killId} AND location_id = ${locationId} AND look = ${look} FOR UPDATE`,
  );
  if (before === undefined) return false;
  const cleanLooks = cleanLooksAfter(before.cleanLooks, {
    hasAnswered: silence === null,
    aliveCount: alive.length,
    runsWithJob: record.runsWithJob,
  });
  await queryRows(
    transaction,
    sql`
    UPDATE kill_site
    SET silence = ${silence}::text, clean_looks = ${cleanLooks}, told_count = told_count + ${record.toldCount},
        answered_at = CASE WHEN ${silence}::text IS NULL THEN clock_timestamp() ELSE answered_at END,
        alive_count = CASE WHEN ${silence}::text IS NULL THEN ${alive.length} ELSE alive_count END,
        alive = CASE WHEN ${silence}::text IS NULL THEN ${JSON.stringify(alive.slice(0, SHOWN_JOBS))}::jsonb ELSE alive END,
        next_look_at = clock_timestamp() + make_interval(secs => ${record.nextLookSeconds}::double precision)
    WHERE kill_request_id = ${killId} AND location_id = ${locationId}
  `,
  );
  return true;
}
