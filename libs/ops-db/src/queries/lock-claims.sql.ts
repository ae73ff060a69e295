import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/**
 * Lets one manager claim at a time, until the caller's transaction ends.
 *
 * A limit is a count, and a count is right only if nobody claims between counting and claiming. It is a statement of its own,
 * before the claim, because a statement counts what was committed when it began: waiting inside it would count too little.
 */
export const lockClaims = (transaction: EntityManager): Promise<unknown> =>
  queryRows(transaction, sql`SELECT pg_advisory_xact_lock(hashtext('meridian.claim_runs'))`);
