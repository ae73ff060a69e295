import { sql, type Measure } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** A number about the rows that a run has in a table of its software; null where there are none to have a part of. */
export async function measureTable(
  manager: EntityManager,
  runId: number,
  measure: Extract<Measure, { readonly table: string }>,
): Promise<number | null> {
  const column = measure.of === 'null_fraction' ? measure.column : null;
  const row = await queryRow<{ value: number | null }>(
    manager,
    sql`
    SELECT measure_result_rows(known, run.id, ${measure.of}::text, ${column}::text, ARRAY(
        SELECT flags ->> 'name' FROM jsonb_array_elements(declared.columns) flags WHERE flags ->> 'type' = 'flags')) AS value
    FROM run JOIN reduction_software_version version ON version.id = run.software_version_id
    CROSS JOIN LATERAL jsonb_to_recordset(version.tables) AS declared(name text, columns jsonb)
    JOIN result_table known ON known.software_id = version.software_id AND known.name = declared.name
    WHERE run.id = ${runId} AND declared.name = ${measure.table}`,
  );
  return row?.value ?? null;
}
