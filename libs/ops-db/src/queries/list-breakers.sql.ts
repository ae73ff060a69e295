import { sql, type FailureClass } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';

export const BREAKER_STATES = ['open', 'half_open', 'closed'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface BreakerRow {
  readonly id: number;
  readonly location: string;
  readonly pipeline: string;
  readonly step: string;
  readonly failureClass: FailureClass;
  readonly state: BreakerState;
  readonly failures: number;
  readonly outcomes: number;
  readonly lastFailure: string;
  readonly openedAt: Date;
  readonly openings: number;
  readonly retryAt: Date;
  readonly probeRunId: number | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
}

const BREAKERS = sql`
  (SELECT breaker.id, location.name AS location, pipeline.name AS pipeline, step.name AS step, breaker.failure_class AS "failureClass",
          CASE WHEN NOT breaker.is_open THEN 'closed' WHEN breaker.retry_at > now() THEN 'open' ELSE 'half_open' END AS state,
          breaker.failures, breaker.outcomes, breaker.last_failure AS "lastFailure", breaker.opened_at AS "openedAt",
          breaker.openings, breaker.retry_at AS "retryAt", breaker.probe_run_id AS "probeRunId",
          breaker.closed_at AS "closedAt", breaker.closed_by AS "closedBy"
   FROM circuit_breaker breaker
   JOIN data_location location ON location.id = breaker.location_id
   JOIN reduction_step step ON step.id = breaker.step_id
   JOIN pipeline ON pipeline.id = step.pipeline_id) AS b`;

/** Circuit breakers by id, those after `after`; without states every one that ever opened. */
export const listBreakers = (
  manager: EntityManager,
  query: { readonly states?: readonly BreakerState[]; readonly after: number | null; readonly limit: number },
): Promise<BreakerRow[]> =>
  queryRows(
    manager,
    sql`SELECT * FROM ${BREAKERS}
        WHERE b.id > ${query.after ?? 0} AND b.state = ANY(${query.states ?? BREAKER_STATES}::text[])
        ORDER BY b.id LIMIT ${query.limit}`,
  );

export const findBreaker = (manager: EntityManager, id: number): Promise<BreakerRow | undefined> =>
  queryRow(manager, sql`SELECT * FROM ${BREAKERS} WHERE b.id = ${id}`);
