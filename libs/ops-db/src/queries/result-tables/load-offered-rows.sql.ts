import { sql, type ResultColumn, type TableSubject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** The rows that one run put into one table, which later steps may take as an input. */
export interface OfferedRows {
  readonly runId: number;
  readonly inputSetId: number;
  readonly table: string;
  readonly relation: string;
  readonly rowsOf: TableSubject;
  readonly key: readonly string[];
  /** As the version that measured them declares them: what later versions add is no part of it. */
  readonly columns: readonly ResultColumn[];
  /** The product that they are; null before it is made. */
  readonly itemId: number | null;
}

/** Of these runs, and of the runs that made these products: the tables of theirs that are declared `as_input`. */
export const loadOfferedRows = (
  manager: EntityManager,
  {
    runIds = [],
    itemIds = [],
  }: { readonly runIds?: readonly number[]; readonly itemIds?: readonly number[] },
): Promise<OfferedRows[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", run.input_set_id AS "inputSetId", known.name AS table, known.relation, known.rows_of AS "rowsOf", known.key,
      declared.columns, made.item_id AS "itemId"
    FROM run JOIN reduction_software_version version ON version.id = run.software_version_id
    CROSS JOIN LATERAL jsonb_to_recordset(version.tables) AS declared(name text, columns jsonb, as_input boolean)
    JOIN result_table known ON known.software_id = version.software_id AND known.name = declared.name
    LEFT JOIN data_product made ON made.run_id = run.id AND made.path = 'results/' || known.name || '.ndjson' AND made.type = 'TABLE'
    WHERE run.id = ANY(${runIds}::bigint[] || ARRAY(SELECT run_id FROM data_product WHERE item_id = ANY(${itemIds}::bigint[])))
      AND declared.as_input AND (cardinality(${itemIds}::bigint[]) = 0 OR made.item_id = ANY(${itemIds}::bigint[]))
    ORDER BY run.id, known.id`,
  );
