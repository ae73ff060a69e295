import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * What the world itself does to its database, in a transaction; null when some daemon holds a lock on it: that daemon may be waiting for its
 * turn, which nobody gives it while the world waits.
 */
export async function unlessLocked<Result>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result | null> {
  try {
    return await dataSource.transaction(async (manager) => {
      await queryRows(manager, sql`SELECT set_config('lock_timeout', '20ms', true)`);
      return work(manager);
    });
  } catch (error) {
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)['code'] : undefined;
