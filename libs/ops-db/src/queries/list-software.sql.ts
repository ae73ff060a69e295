import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export interface SoftwareRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly createdAt: Date;
  /** In order of registration. */
  readonly versions: readonly string[];
}

const COLUMNS = sql`s.id, s.name, s.description, s.created_at AS "createdAt",
      ARRAY(SELECT v.version FROM reduction_software_version v WHERE v.software_id = s.id ORDER BY v.id) AS versions
    FROM reduction_software s`;

/** Software by id, those after `after`. */
export const listSoftware = (
  manager: EntityManager,
  page: { after: number | null; limit: number },
): Promise<SoftwareRow[]> =>
  queryRows(
    manager,
    sql`SELECT ${COLUMNS} WHERE s.id > ${page.after ?? 0} ORDER BY s.id LIMIT ${page.limit}`,
  );

export const findSoftware = (manager: EntityManager, name: string): Promise<SoftwareRow | undefined> =>
  queryRow(manager, sql`SELECT ${COLUMNS} WHERE s.name = ${name}`);
