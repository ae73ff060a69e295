import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** What a person may have to look after. */
export interface Attention {
  readonly openBreakers: number;
  readonly openKills: number;
  readonly waitingPublications: number;
  readonly failedPublications: number;
  readonly openPurges: number;
  readonly openRematerialisations: number;
}

/** Each in an index of its own, and of things that are few unless something is wrong. */
export async function countAttention(manager: EntityManager): Promise<Attention> {
  const row = await queryRow<Attention>(
    manager,
    sql`
    SELECT (SELECT count(*) FROM circuit_breaker WHERE is_open) AS "openBreakers",
      (SELECT count(*) FROM kill_request WHERE holds) AS "openKills",
      (SELECT count(*) FROM publication WHERE state IN ('staged', 'eligible', 'publishing')) AS "waitingPublications",
      (SELECT count(*) FROM publication WHERE state = 'failed') AS "failedPublications",
      (SELECT count(*) FROM purge WHERE finished_at IS NULL) AS "openPurges",
      (SELECT count(*) FROM rematerialisation WHERE finished_at IS NULL) AS "openRematerialisations"`,
  );
  if (row === undefined) throw new Error('a count without a row');
  return row;
}
