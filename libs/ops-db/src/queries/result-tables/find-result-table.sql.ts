import { rawSql, sql, type ResultColumn, type TableSubject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

/** A result table with every column that some version of its software declared: a later version's words hold. */
export interface ResultTableRow {
  readonly id: number;
  readonly software: string;
  readonly name: string;
  readonly description: string;
  readonly relation: string;
  readonly rowsOf: TableSubject;
  readonly key: readonly string[];
  readonly columns: readonly ResultColumn[];
  readonly createdAt: Date;
  /** Versions that declare it, oldest first. */
  readonly versions: readonly string[];
}

const SELECTED = rawSql(`
    SELECT known.id, software.name AS software, known.name, known.description, known.relation, known.rows_of AS "rowsOf", known.key,
      known.created_at AS "createdAt", (
        SELECT jsonb_agg(declared ORDER BY attnum)
        FROM (
          SELECT DISTINCT ON (declared ->> 'name') declared, version.id
          FROM reduction_software_version version, jsonb_array_elements(version.tables) of_table, jsonb_array_elements(of_table -> 'columns') declared
          WHERE version.software_id = known.software_id AND of_table ->> 'name' = known.name
          ORDER BY declared ->> 'name', version.id DESC
        ) latest
        JOIN pg_attribute ON attrelid = format('results.%I', known.relation)::regclass AND attname = declared ->> 'name'
      ) AS columns,
      ARRAY(SELECT version.version FROM reduction_software_version version
        WHERE version.software_id = known.software_id AND version.tables @> jsonb_build_array(jsonb_build_object('name', known.name)) ORDER BY version.id) AS versions
    FROM result_table known JOIN reduction_software software ON software.id = known.software_id`);

/** Up to `limit` result tables by id, those after `after`. */
export const listResultTables = (
  manager: EntityManager,
  { after, limit }: { after: number | null; limit: number },
): Promise<ResultTableRow[]> =>
  queryRows(manager, sql`${SELECTED} WHERE known.id > ${after ?? 0} ORDER BY known.id LIMIT ${limit}`);

export const findResultTable = (
  manager: EntityManager,
  software: string,
  name: string,
): Promise<ResultTableRow | undefined> =>
  queryRow(manager, sql`${SELECTED} WHERE software.name = ${software} AND known.name = ${name}`);
