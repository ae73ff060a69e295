import { sql, type Metric, type OutputWarning } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface MeasurementsOfRun {
  readonly runId: number;
  readonly attempt: number;
  readonly metrics: readonly Metric[];
  readonly warnings: readonly OutputWarning[];
}

/** Inserts the metrics and warnings of many runs. A metric measured again takes the new value; warnings are appended. */
export async function insertMeasurements(
  manager: EntityManager,
  runs: readonly MeasurementsOfRun[],
): Promise<void> {
  const metrics = runs.flatMap((run) => run.metrics.map((metric) => ({ ...metric, runId: run.runId })));
  const warnings = runs.flatMap((run) =>
    run.warnings.map((warning) => ({ ...warning, runId: run.runId, attempt: run.attempt })),
  );
  if (metrics.length === 0 && warnings.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH measured AS (
      INSERT INTO run_metric (run_id, name, value, unit)
      SELECT * FROM unnest(
        ${metrics.map((metric) => metric.runId)}::bigint[],
        ${metrics.map((metric) => metric.name)}::text[],
        ${metrics.map((metric) => metric.value)}::double precision[],
        ${metrics.map((metric) => metric.unit)}::text[]
      )
      ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value, unit = excluded.unit
    )
    INSERT INTO run_warning (run_id, attempt, code, message)
    SELECT * FROM unnest(
      ${warnings.map((warning) => warning.runId)}::bigint[],
      ${warnings.map((warning) => warning.attempt)}::integer[],
      ${warnings.map((warning) => warning.code)}::text[],
      ${warnings.map((warning) => warning.message)}::text[]
    )
  `,
  );
}
