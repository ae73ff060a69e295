import { sql, type FailureClass, type Probe } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface ProbedBreaker extends Probe {
  readonly id: number;
  readonly failureClass: FailureClass;
  readonly openings: number;
}

/** The open breakers with a probe, and how that stands; the caller holds `lockBreakers`. */
export const loadBreakerProbes = (transaction: EntityManager): Promise<ProbedBreaker[]> =>
  queryRows(
    transaction,
    sql`
    SELECT breaker.id, breaker.failure_class AS "failureClass", breaker.openings,
           run.status <> 'PENDING' AND run.finished_at IS NULL AS "isUnderWay", outcome.found AS outcome
    FROM circuit_breaker breaker
    JOIN run ON run.id = breaker.probe_run_id
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object('failureClass', o.failure_class, 'reason', o.reason) AS found
      FROM run_outcome o
      WHERE o.location_id = breaker.location_id AND o.step_id = breaker.step_id AND o.run_id = breaker.probe_run_id
        AND o.id > breaker.probe_after_outcome
      ORDER BY o.id
      LIMIT 1
    ) AS outcome ON true
    WHERE breaker.is_open
    ORDER BY breaker.id
  `,
  );
