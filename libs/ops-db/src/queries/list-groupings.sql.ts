import { sql, type Json } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export interface GroupingRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly filter: Json;
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly usedBy: readonly string[];
}

const COLUMNS = sql`g.id, g.name, g.description, g.filter, g.revision, g.created_at AS "createdAt", g.updated_at AS "updatedAt",
      ARRAY(SELECT p.name FROM pipeline p WHERE p.data_grouping_id = g.id ORDER BY 1) AS "usedBy"
    FROM data_grouping g`;

/** Groupings by id, those after `after`. */
export const listGroupings = (
  manager: EntityManager,
  page: { after: number | null; limit: number },
): Promise<GroupingRow[]> =>
  queryRows(
    manager,
    sql`SELECT ${COLUMNS} WHERE g.id > ${page.after ?? 0} ORDER BY g.id LIMIT ${page.limit}`,
  );

export const findGrouping = (manager: EntityManager, name: string): Promise<GroupingRow | undefined> =>
  queryRow(manager, sql`SELECT ${COLUMNS} WHERE g.name = ${name}`);
