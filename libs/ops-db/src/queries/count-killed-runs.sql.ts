import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { WITH_JOB_LIST } from './kill-row.js';

/** How many of the runs that a kill found have, or may still get, a job, by location; locations without any are absent. */
export const countKilledRuns = async (
  manager: EntityManager,
  killId: number,
): Promise<Map<number, number>> => {
  const rows = await queryRows<{ locationId: number; runs: number }>(
    manager,
    sql`
    SELECT run.location_id AS "locationId", count(*)::int AS runs
    FROM kill_run JOIN run ON run.id = kill_run.run_id
    WHERE kill_run.kill_request_id = ${killId} AND run.status IN ${WITH_JOB_LIST}
    GROUP BY run.location_id
  `,
  );
  return new Map(rows.map(({ locationId, runs }) => [locationId, runs]));
};
