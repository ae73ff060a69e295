import { sql, type SoftwareDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Makes the relations of the tables of a software version, or adds the columns that it declares and earlier ones did not. Waits for
 * whoever writes items, for the moment in which a relation is made.
 */
export async function ensureResultRelations(
  manager: EntityManager,
  { name: software, tables }: Pick<SoftwareDefinition, 'name' | 'tables'>,
): Promise<void> {
  await queryRows(
    manager,
    sql`
    SELECT ensure_result_relation(known, declared.columns)
    FROM jsonb_to_recordset(${JSON.stringify(tables)}::jsonb) AS declared(name text, columns jsonb)
    JOIN reduction_software software ON software.name = ${software}
    JOIN result_table known ON known.software_id = software.id AND known.name = declared.name
    ORDER BY known.id`,
  );
}
