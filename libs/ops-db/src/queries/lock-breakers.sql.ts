import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/**
 * Lets one manager judge circuit breakers at a time, until the caller's transaction ends, and keeps the probed ones as they are.
 *
 * Both are statements of their own, before the facts are read: a statement sees what was committed when it began, so one that
 * had waited for a claim to name its probe would take that run for one that nobody claimed.
 */
export async function lockBreakers(transaction: EntityManager): Promise<void> {
  await queryRows(transaction, sql`SELECT pg_advisory_xact_lock(hashtext('meridian.judge_breakers'))`);
  await queryRows(
    transaction,
    sql`SELECT id FROM circuit_breaker WHERE is_open AND probe_run_id IS NOT NULL ORDER BY id FOR UPDATE`,
  );
}
