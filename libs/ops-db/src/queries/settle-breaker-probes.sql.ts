import { sql, type ProbeDecision } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { closeColumns } from './reset-breaker.sql.js';

export interface ProbeSettlement {
  readonly breakerId: number;
  readonly decision: Exclude<ProbeDecision, { kind: 'wait' }>;
}

/** Writes down what each probe meant for its breaker, and lets it go; the caller holds `lockBreakers`. */
export async function settleBreakerProbes(
  transaction: EntityManager,
  { actor, settlements }: { actor: string; settlements: readonly ProbeSettlement[] },
): Promise<void> {
  const closed = settlements.flatMap(({ breakerId, decision }) =>
    decision.kind === 'close' ? [breakerId] : [],
  );
  if (closed.length > 0)
    await queryRows(
      transaction,
      sql`UPDATE circuit_breaker SET ${closeColumns(actor)} WHERE id = ANY(${closed}::bigint[]) AND is_open RETURNING id`,
    );
  const kept = settlements.filter(({ decision }) => decision.kind !== 'close');
  if (kept.length > 0) await keepOpen(transaction, kept);
}

/** A probe that told nothing leaves `retry_at` in the past: the next run is the probe, at once. */
const keepOpen = (transaction: EntityManager, kept: readonly ProbeSettlement[]): Promise<unknown> => {
  const again = kept.map(({ decision }) => (decision.kind === 'reopen' ? decision : null));
  return queryRows(
    transaction,
    sql`
    UPDATE circuit_breaker
    SET probe_run_id = NULL, probe_after_outcome = NULL, openings = coalesce(given.openings, circuit_breaker.openings),
        last_failure = coalesce(given.last_failure, circuit_breaker.last_failure),
        retry_at = coalesce(clock_timestamp() + make_interval(secs => given.cool_down_seconds), circuit_breaker.retry_at)
    FROM unnest(
      ${kept.map(({ breakerId }) => breakerId)}::bigint[],
      ${again.map((decision) => decision?.openings ?? null)}::integer[],
      ${again.map((decision) => decision?.lastFailure ?? null)}::text[],
      ${again.map((decision) => decision?.coolDownSeconds ?? null)}::double precision[]
    ) AS given (id, openings, last_failure, cool_down_seconds)
    WHERE circuit_breaker.id = given.id AND circuit_breaker.is_open
    RETURNING circuit_breaker.id
  `,
  );
};
