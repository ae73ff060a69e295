import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

/** True when this transaction is the only evaluator; others skip their turn. Held until the transaction ends. */
export async function becomeEvaluator(manager: EntityManager): Promise<boolean> {
  const row = await queryRow<{ isAlone: boolean }>(
    manager,
    sql`SELECT pg_try_advisory_xact_lock(hashtext('meridian.evaluate')) AS "isAlone"`,
  );
  return row?.isAlone === true;
}

/**
 * Takes every request to evaluate that is visible, and says how many there were.
 *
 * Evaluate in the same transaction: a roll-back brings the requests back. A writer that has not committed yet becomes
 * visible together with its request, so no change is lost, however late it commits.
 */
export async function takeEvaluationRequests(manager: EntityManager): Promise<number> {
  const rows = await queryRows(manager, sql`DELETE FROM evaluation_request RETURNING id`);
  return rows.length;
}

/** Sub-groups whose settling or cooling-down is over: time alone changes their state. */
export async function hasDueSubGroups(manager: EntityManager, now: Date): Promise<boolean> {
  const row = await queryRow<{ isDue: boolean }>(
    manager,
    sql`SELECT EXISTS (SELECT FROM sub_group WHERE until <= ${now}) AS "isDue"`,
  );
  return row?.isDue === true;
}

/** Asks for another evaluation at the next poll; without a notification, so that a lasting fault does not spin. */
export async function requestEvaluation(manager: EntityManager, cause: string): Promise<void> {
  await queryRows(manager, sql`INSERT INTO evaluation_request (cause) VALUES (${cause})`);
}
