import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { PackageState } from '../entities/index.js';
import { queryRow } from '../sql.js';

/** Moves a package to `to` if it is still `from`; false when somebody else moved it first. */
export async function movePackage(
  manager: EntityManager,
  move: { readonly id: number; readonly from: PackageState; readonly to: PackageState },
): Promise<boolean> {
  const moved = await queryRow(
    manager,
    sql`UPDATE raw_data_package SET state = ${move.to} WHERE item_id = ${move.id} AND state = ${move.from} RETURNING item_id`,
  );
  return moved !== undefined;
}
