import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface DatabaseHome {
  readonly installation: string;
  /** Where the database lived when it was last used. */
  readonly home: string;
  /** Where it is now. */
  readonly here: string;
}

/** Where the database belongs: here, when nothing has worked with it yet. */
export async function findHome(manager: EntityManager): Promise<DatabaseHome> {
  const row = await queryRow<DatabaseHome>(
    manager,
    sql`
    WITH settled AS (UPDATE installation SET home = database_home() WHERE home IS NULL)
    SELECT id AS installation, coalesce(home, database_home()) AS home, database_home() AS here FROM installation`,
  );
  if (row === undefined) throw new Error('the database does not say which installation it is');
  return row;
}
