import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Makes a restored database fit where it is now, and leaves so many numbers of every kind to what was made after the dump. False for one that is where it belongs. */
export async function moveIntoHome(manager: EntityManager, numbersLeftOut: number): Promise<boolean> {
  const row = await queryRow<{ moved: boolean }>(
    manager,
    sql`SELECT move_into_home(${numbersLeftOut}) AS moved`,
  );
  return row?.moved === true;
}
