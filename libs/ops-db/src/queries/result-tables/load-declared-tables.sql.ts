import { sql, type KnownInput, type ResultTable } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** The tables that the software of a run fills, and what the run was given to measure. */
export interface DeclaredTables {
  readonly runId: number;
  readonly attempt: number;
  readonly tables: readonly (ResultTable & { readonly id: number })[];
  /** Members, not calibrations, by id. */
  readonly inputs: readonly KnownInput[];
}

/** Of those of the runs whose software declares tables. */
export const loadDeclaredTables = (
  manager: EntityManager,
  runIds: readonly number[],
): Promise<DeclaredTables[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", run.attempt, (
        SELECT jsonb_agg(declared || jsonb_build_object('id', known.id) ORDER BY place)
        FROM jsonb_array_elements(version.tables) WITH ORDINALITY AS one(declared, place)
        JOIN result_table known ON known.software_id = version.software_id AND known.name = declared ->> 'name'
      ) AS tables, (
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.id, 'name', item.name) ORDER BY item.id), '[]')
        FROM input_set_member member JOIN data_item item ON item.id = member.item_id
        WHERE member.input_set_id = run.input_set_id AND member.binding = ''
      ) AS inputs
    FROM run JOIN reduction_software_version version ON version.id = run.software_version_id
    WHERE run.id = ANY(${runIds}::bigint[]) AND version.tables <> '[]'
    ORDER BY run.id`,
  );
