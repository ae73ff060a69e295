import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

/** What making bad results again would take, of one step. */
export interface ReprocessingStep {
  readonly pipelineId: number;
  readonly pipeline: string;
  readonly step: string;
  /** Sub-groups whose present result was made directly with what is bad: these are to be run again. */
  readonly direct: number;
  /** Sub-groups whose present result is made of such results: they become stale, and are made again, once those are. */
  readonly following: number;
  /** Of the direct ones: those of which a new result would be as bad, because their step or their inputs still have what is bad. */
  readonly badAgain: number;
}

/** Sub-groups whose present result a taint reaches, each with whether it touches the taint itself, and whether another run would. */
const REACHED = (taintId: number) => sql`
    meant AS (SELECT * FROM taint WHERE id = ${taintId} AND lifted_at IS NULL),
    direct AS MATERIALIZED (
      SELECT DISTINCT product.run_id FROM meant, LATERAL products_of_taint(ROW(meant.*)::taint) AS made (item_id)
      JOIN data_product product USING (item_id)
    ), reached AS MATERIALIZED (
      SELECT DISTINCT product.run_id FROM tainted_product JOIN data_product product USING (item_id) WHERE taint_id = ${taintId}
    ), result AS (
      SELECT sub_group.id, sub_group.step_id, direct.run_id IS NOT NULL AS is_direct,
        direct.run_id IS NOT NULL AND (
          EXISTS (SELECT FROM taint WHERE taint.software_version_id = step.software_version_id AND taint.lifted_at IS NULL)
          OR EXISTS (
            SELECT FROM meant JOIN data_item item ON item.id = meant.item_id AND item.content_hash = meant.content_hash
            WHERE EXISTS (SELECT FROM sub_group_member member WHERE member.sub_group_id = sub_group.id AND member.item_id = item.id)
              OR EXISTS (SELECT FROM sub_group_association bound WHERE bound.sub_group_id = sub_group.id AND bound.item_id = item.id))
        ) AS is_bad_again
      FROM reached JOIN run ON run.id = reached.run_id
      JOIN sub_group ON sub_group.id = run.sub_group_id AND sub_group.last_completed_run_id = run.id
      JOIN reduction_step step ON step.id = sub_group.step_id AND step.retired_at IS NULL
      LEFT JOIN direct ON direct.run_id = run.id
    )`;

/** Which present results a taint reaches, step by step, in the order of pipelines and steps. */
export const planReprocessing = (manager: EntityManager, taintId: number): Promise<ReprocessingStep[]> =>
  queryRows(
    manager,
    sql`
    WITH ${REACHED(taintId)}
    SELECT pipeline.id AS "pipelineId", pipeline.name AS pipeline, step.name AS step, count(*) FILTER (WHERE is_direct)::int AS direct,
      count(*) FILTER (WHERE NOT is_direct)::int AS following, count(*) FILTER (WHERE is_bad_again)::int AS "badAgain"
    FROM result JOIN reduction_step step ON step.id = result.step_id JOIN pipeline ON pipeline.id = step.pipeline_id
    GROUP BY pipeline.id, step.id ORDER BY pipeline.name, step.position, step.name`,
  );

/**
 * Marks the sub-groups that a taint touches itself to be run again whatever they have, but not those of which a new result would be as bad; returns
 * how many. What is made of their results follows by itself.
 */
export async function forceTainted(
  manager: EntityManager,
  { taintId, actor }: { taintId: number; actor: string },
): Promise<number> {
  const row = await queryRow<{ forced: number }>(
    manager,
    sql`
    WITH ${REACHED(taintId)}, forced AS (
      UPDATE sub_group SET forced_at = now(), forced_by = ${actor}, waived_at = NULL, waived_by = NULL, waived_reason = NULL
      WHERE id IN (SELECT id FROM result WHERE is_direct AND NOT is_bad_again)
      RETURNING id, step_id
    ), told AS (
      INSERT INTO sub_group_change (step_id, sub_group_id) SELECT step_id, id FROM forced
    )
    SELECT count(*)::int AS forced, pg_notify('meridian_work', 'evaluate') FROM forced`,
  );
  return row?.forced ?? 0;
}
