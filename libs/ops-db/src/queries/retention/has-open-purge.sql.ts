import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Whether a purge could be gone on with: a look at a small index, for every tick. */
export const hasOpenPurge = async (manager: EntityManager): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    SELECT FROM purge WHERE finished_at IS NULL AND (lease_expires_at IS NULL OR lease_expires_at <= now()) AND not_before <= now() LIMIT 1`,
  )) !== undefined;
