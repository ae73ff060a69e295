import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

/** A running job whose progress is to be looked at. */
export interface ProgressLook {
  readonly runId: number;
  readonly attempt: number;
  /** Of the attempt, below the base path of its location. */
  readonly directory: string;
  readonly location: HeldLocation;
}

/**
 * Up to `limit` RUNNING runs that nobody looked at for `everySeconds`, those first that were never looked at, marked as looked at now: however
 * many replicas there are, each is looked at once. What an earlier attempt said is forgotten.
 */
export const claimProgressLooks = (
  manager: EntityManager,
  { everySeconds, limit }: { everySeconds: number; limit: number },
): Promise<ProgressLook[]> =>
  queryRows(
    manager,
    sql`
    WITH due AS (
      SELECT run.id, run.attempt
      FROM run LEFT JOIN run_progress known ON known.run_id = run.id
      WHERE run.status = 'RUNNING'
        AND (known.run_id IS NULL OR known.attempt <> run.attempt OR known.looked_at <= now() - make_interval(secs => ${everySeconds}))
      ORDER BY known.looked_at NULLS FIRST, run.id LIMIT ${limit}
    ), looked AS (
      INSERT INTO run_progress AS known (run_id, attempt) SELECT id, attempt FROM due ORDER BY id
      ON CONFLICT (run_id) DO UPDATE SET attempt = excluded.attempt, looked_at = now(),
        progress = CASE WHEN known.attempt = excluded.attempt THEN known.progress END,
        changed_at = CASE WHEN known.attempt = excluded.attempt THEN known.changed_at END
      WHERE known.attempt <> excluded.attempt OR known.looked_at <= now() - make_interval(secs => ${everySeconds})
      RETURNING run_id, attempt
    )
    SELECT looked.run_id AS "runId", looked.attempt, attempt.directory,
      ${HELD_LOCATION} AS location
    FROM looked JOIN run ON run.id = looked.run_id JOIN attempt ON attempt.run_id = run.id AND attempt.number = looked.attempt
    JOIN data_location location ON location.id = run.location_id
    ORDER BY looked.run_id`,
  );
