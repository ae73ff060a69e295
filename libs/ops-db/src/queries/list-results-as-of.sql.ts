import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** The run whose products were the result of a sub-group at some time. */
export interface ResultAsOfRow {
  /** Of the sub-group. */
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly key: string;
  readonly dims: Dims;
  readonly runId: number;
  readonly finishedAt: Date;
  readonly software: string;
  readonly softwareVersion: string;
  readonly recipeHash: string;
  /** Of what it was made from. */
  readonly inputFingerprint: string;
  readonly inputs: number;
  readonly products: number;
  /** The run that is the result now, when that is another one. */
  readonly replacedByRunId: number | null;
}

export interface ResultsAsOfQuery {
  /** ISO 8601. */
  readonly at: string;
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly grouping: string | null;
  readonly subGroupId: number | null;
  /** Sub-groups after this one. */
  readonly after: number | null;
  readonly limit: number;
}

/**
 * What was current at a time, by sub-group: the newest of the runs that had completed by then, which is what makes a result current
 * (`completeRuns`). A sub-group without such a run is left out.
 */
export const listResultsAsOf = (manager: EntityManager, query: ResultsAsOfQuery): Promise<ResultAsOfRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT sub_group.id, pipeline.name AS pipeline, step.name AS step, sub_group.key, sub_group.dims, result.id AS "runId",
      result.finished_at AS "finishedAt", software.name AS software, version.version AS "softwareVersion", result.recipe_hash AS "recipeHash",
      result.input_fingerprint AS "inputFingerprint", input_set.member_count AS inputs,
      (SELECT count(*)::int FROM data_product product WHERE product.run_id = result.id) AS products,
      nullif(sub_group.last_completed_run_id, result.id) AS "replacedByRunId"
    FROM sub_group JOIN reduction_step step ON step.id = sub_group.step_id JOIN pipeline ON pipeline.id = step.pipeline_id
    JOIN data_grouping grouping ON grouping.id = pipeline.data_grouping_id
    CROSS JOIN LATERAL (
      SELECT run.* FROM run WHERE run.sub_group_id = sub_group.id AND run.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS')
        AND run.finished_at <= ${query.at}::timestamptz
      ORDER BY run.id DESC LIMIT 1) result
    JOIN reduction_software_version version ON version.id = result.software_version_id JOIN reduction_software software ON software.id = version.software_id
    JOIN input_set ON input_set.id = result.input_set_id
    WHERE (${query.after}::bigint IS NULL OR sub_group.id > ${query.after})
      AND (${query.pipeline}::text IS NULL OR pipeline.name = ${query.pipeline}) AND (${query.step}::text IS NULL OR step.name = ${query.step})
      AND (${query.grouping}::text IS NULL OR grouping.name = ${query.grouping})
      AND (${query.subGroupId}::bigint IS NULL OR sub_group.id = ${query.subGroupId})
    ORDER BY sub_group.id LIMIT ${query.limit}`,
  );
