import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import type { HeldAttempt } from './measure-attempt.sql.js';

/** What an attempt left is gone: noted with it, and in the ledger unless it was links alone. False when somebody else noted it. */
export const finishClearing = async (
  manager: EntityManager,
  { runId, number, owner }: HeldAttempt,
  reason: string,
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    WITH cleared AS (
      UPDATE attempt SET cleared_at = now(), clearing_owner = NULL, clearing_until = NULL
      WHERE run_id = ${runId} AND number = ${number} AND clearing_owner = ${owner} AND cleared_at IS NULL
      RETURNING run_id, number, directory, cleared_files, cleared_bytes
    ), noted AS (
      INSERT INTO purge_decision (data_location_id, run_id, attempt, path, files, bytes, action, reason, deleted_at)
      SELECT run.location_id, cleared.run_id, cleared.number, cleared.directory, cleared_files, cleared_bytes, 'delete', ${reason}, now()
      FROM cleared JOIN run ON run.id = cleared.run_id WHERE cleared_bytes > 0
    )
    SELECT run_id FROM cleared`,
  )) !== undefined;
