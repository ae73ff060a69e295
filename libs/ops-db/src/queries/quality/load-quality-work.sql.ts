import { sql, type Dims, type Json } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** A run that rules judge, and what was measured of it. */
export interface QualityWork {
  readonly runId: number;
  readonly stepId: number;
  readonly dims: Dims;
  /** As they are stored with the step. */
  readonly quality: readonly Json[];
  readonly metrics: Readonly<Record<string, number>>;
  /** How many of its items ended how. */
  readonly items: Readonly<Record<string, number>>;
}

/** Those of the runs whose step has quality rules. */
export const loadQualityWork = (manager: EntityManager, runIds: readonly number[]): Promise<QualityWork[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", run.step_id AS "stepId", run.dims, step.quality,
      coalesce((SELECT jsonb_object_agg(name, value) FROM run_metric WHERE run_metric.run_id = run.id), '{}') AS metrics,
      coalesce((SELECT jsonb_object_agg(outcome, n)
        FROM (SELECT outcome, count(*) AS n FROM item_outcome WHERE item_outcome.run_id = run.id GROUP BY outcome) counted), '{}') AS items
    FROM run JOIN reduction_step step ON step.id = run.step_id
    WHERE run.id = ANY(${runIds}::bigint[]) AND step.quality <> '[]'
    ORDER BY run.id`,
  );
