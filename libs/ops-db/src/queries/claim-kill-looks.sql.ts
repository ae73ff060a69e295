import { sql, type KillTarget } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { KILL_SCOPE_COLUMNS, killTargetOf, type KillScopeColumns } from './kill-row.js';

/** One question that is due: what does this site have alive of what this kill is about? */
export interface KillLookClaim {
  readonly killId: number;
  readonly target: KillTarget;
  readonly locationId: number;
  readonly location: string;
  readonly look: number;
}

/**
 * The looks of open kills that are due, each given to one caller until `leaseSeconds` are over.
 *
 * A manager that dies after this costs that time and nothing else. Its number is what an answer must bring: an answer to a look
 * that was given to somebody else meanwhile is not taken.
 */
export const claimKillLooks = async (
  manager: EntityManager,
  { leaseSeconds }: { leaseSeconds: number },
): Promise<KillLookClaim[]> => {
  const rows = await queryRows<Omit<KillLookClaim, 'target'> & { kill: KillScopeColumns }>(
    manager,
    sql`
    WITH due AS (
      SELECT site.kill_request_id, site.location_id
      FROM kill_site site JOIN kill_request kill ON kill.id = site.kill_request_id
      WHERE kill.holds AND kill.settled_at IS NULL AND site.next_look_at <= clock_timestamp()
      ORDER BY site.kill_request_id, site.location_id
      FOR UPDATE OF site SKIP LOCKED
    ), claimed AS (
      UPDATE kill_site site
      SET look = site.look + 1, looked_at = clock_timestamp(), next_look_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
      FROM due
      WHERE site.kill_request_id = due.kill_request_id AND site.location_id = due.location_id
      RETURNING site.kill_request_id, site.location_id, site.look
    )
    SELECT kill.id AS "killId", claimed.location_id AS "locationId", location.name AS location, claimed.look,
           (SELECT to_jsonb(columns) FROM (SELECT ${KILL_SCOPE_COLUMNS}) AS columns) AS kill
    FROM claimed JOIN kill_request kill ON kill.id = claimed.kill_request_id JOIN data_location location ON location.id = claimed.location_id
    ORDER BY kill.id, claimed.location_id
  `,
  );
  return rows.map(({ kill, ...row }) => ({ ...row, target: killTargetOf(kill) }));
};
