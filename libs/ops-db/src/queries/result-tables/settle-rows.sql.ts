import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Takes the staged rows of runs into their relations (`settle_result_rows`), by the tables that their software versions declare. Their
 * outcomes must be stored by now; call it in the transaction that completes the runs.
 */
export async function settleRows(manager: EntityManager, runIds: readonly number[]): Promise<void> {
  await queryRows(
    manager,
    sql`
    SELECT settle_result_rows(known, declared.columns, run.id, run.attempt, version.version)
    FROM run JOIN reduction_software_version version ON version.id = run.software_version_id
    CROSS JOIN LATERAL jsonb_to_recordset(version.tables) AS declared(name text, columns jsonb)
    JOIN result_table known ON known.software_id = version.software_id AND known.name = declared.name
    WHERE run.id = ANY(${runIds}::bigint[])
    ORDER BY run.id, known.id`,
  );
}
