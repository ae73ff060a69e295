import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/**
 * True when this transaction is the only evaluator of a pipeline; others skip it. Held until the transaction ends, by whatever:
 * the database lets go of it when an evaluator dies.
 */
export async function becomeEvaluator(manager: EntityManager, pipelineId: number): Promise<boolean> {
  const row = await queryRow<{ isAlone: boolean }>(
    manager,
    sql`SELECT pg_try_advisory_xact_lock(hashtext('meridian.evaluate'), ${pipelineId}::integer) AS "isAlone"`,
  );
  return row?.isAlone === true;
}
