import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Whether a publication is at its gate, or its publisher went silent: a look at an index, for every tick. */
export const hasDuePublications = async (manager: EntityManager): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    SELECT FROM publication
    WHERE state IN ('staged', 'eligible') AND not_before <= now() OR state = 'publishing' AND lease_expires_at <= now()
    LIMIT 1`,
  )) !== undefined;
