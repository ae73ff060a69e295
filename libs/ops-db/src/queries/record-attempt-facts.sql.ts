import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { AttemptFacts } from './run-result.js';

/** Keeps with each attempt what its own record says; what the site measured stays where the record is silent. Idempotent. */
export async function recordAttemptFacts(
  manager: EntityManager,
  facts: readonly AttemptFacts[],
): Promise<void> {
  if (facts.length === 0) return;
  await queryRows(
    manager,
    sql`
    UPDATE attempt
    SET host = fact.host, exit_code = fact.exit_code,
        started_at = coalesce(fact.started_at, attempt.started_at), ended_at = coalesce(fact.ended_at, attempt.ended_at),
        cpu_seconds = coalesce(fact.cpu_seconds, attempt.cpu_seconds),
        peak_memory_mb = coalesce(fact.peak_memory_mb, attempt.peak_memory_mb),
        elapsed_seconds = coalesce(extract(epoch FROM fact.ended_at - fact.started_at), attempt.elapsed_seconds)
    FROM unnest(
      ${facts.map((fact) => fact.runId)}::bigint[],
      ${facts.map((fact) => fact.attempt)}::integer[],
      ${facts.map((fact) => fact.host)}::text[],
      ${facts.map((fact) => fact.exitCode)}::integer[],
      ${facts.map((fact) => fact.startedAt)}::timestamptz[],
      ${facts.map((fact) => fact.endedAt)}::timestamptz[],
      ${facts.map((fact) => fact.cpuSeconds)}::double precision[],
      ${facts.map((fact) => fact.peakMemoryMb)}::double precision[]
    ) AS fact (run_id, attempt, host, exit_code, started_at, ended_at, cpu_seconds, peak_memory_mb)
    WHERE attempt.run_id = fact.run_id AND attempt.number = fact.attempt
    RETURNING attempt.run_id
  `,
  );
}
