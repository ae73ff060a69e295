import { resultRelation, sql, type SoftwareDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Notes the tables that a registered software version declares; one that an earlier version declared takes its description. */
export async function registerResultTables(
  manager: EntityManager,
  { name: software, tables }: Pick<SoftwareDefinition, 'name' | 'tables'>,
): Promise<void> {
  const rows = tables.map(({ name, rows_of, key, description }) => ({
    ...{ name, rows_of, key, description },
    relation: resultRelation(software, name),
  }));
  await queryRows(
    manager,
    sql`
    INSERT INTO result_table (software_id, name, relation, rows_of, key, description)
    SELECT software.id, declared.name, relation, rows_of, ARRAY(SELECT jsonb_array_elements_text(key)), declared.description
    FROM reduction_software software,
      jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS declared(name text, relation text, rows_of text, key jsonb, description text)
    WHERE software.name = ${software}
    ON CONFLICT (software_id, name) DO UPDATE SET description = excluded.description`,
  );
}
