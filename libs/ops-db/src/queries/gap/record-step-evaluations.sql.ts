import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';

export interface StepEvaluation {
  readonly stepId: number;
  readonly snapshot: string;
  readonly membershipHash: string;
  readonly judgementHash: string;
  readonly isTimeDependent: boolean;
  readonly isRebuilt: boolean;
}

/** Notes how far each step is: whatever is visible in its snapshot is in its sub-groups, in this transaction. */
export async function recordStepEvaluations(
  manager: EntityManager,
  { evaluations, now }: { evaluations: readonly StepEvaluation[]; now: Date },
): Promise<void> {
  const column = (of: (one: StepEvaluation) => unknown): unknown[] => evaluations.map(of);
  await queryPrepared(
    manager,
    sql`
    INSERT INTO step_evaluation AS known (step_id, snapshot, membership_hash, judgement_hash, is_time_dependent, evaluated_at, rebuilt_at, reconciled_at)
    SELECT step_id, snapshot, membership, judgement, is_time_dependent, ${now}, ${now}, ${now}
    FROM unnest(${column((one) => one.stepId)}::bigint[], ${column((one) => one.snapshot)}::pg_snapshot[],
      ${column((one) => one.membershipHash)}::text[], ${column((one) => one.judgementHash)}::text[],
      ${column((one) => one.isTimeDependent)}::boolean[]) AS done (step_id, snapshot, membership, judgement, is_time_dependent)
    ON CONFLICT (step_id) DO UPDATE SET snapshot = excluded.snapshot, membership_hash = excluded.membership_hash,
      judgement_hash = excluded.judgement_hash, is_time_dependent = excluded.is_time_dependent, evaluated_at = excluded.evaluated_at,
      rebuilt_at = CASE WHEN known.step_id = ANY(${evaluations.filter((one) => one.isRebuilt).map((one) => one.stepId)}::bigint[])
        THEN excluded.rebuilt_at ELSE known.rebuilt_at END`,
  );
}
