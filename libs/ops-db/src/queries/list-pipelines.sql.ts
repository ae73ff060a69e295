import { sql, type CronSchedule, type TriggerType } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { driftCount } from './drift-count.js';

export interface PipelineRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly grouping: string;
  readonly location: string;
  readonly trigger: TriggerType;
  /** Of a CRON pipeline; null for others. */
  readonly triggerConfig: CronSchedule | null;
  readonly cronDueAt: Date | null;
  readonly priority: number;
  readonly enabled: boolean;
  readonly revision: number;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly stepCount: number;
  /** Of living steps: sub-groups that were found to be other than the archive says, in the last `DRIFT_DAYS`; any but 0 is a defect. */
  readonly driftCount: number;
  /** When the living step that was compared with the archive longest ago was; null while one is still to be evaluated. */
  readonly reconciledAt: Date | null;
  /** Sub-groups of living steps by state; a state without any is absent. */
  readonly subGroups: Readonly<Record<string, number>>;
}

const COLUMNS = sql`
      p.id, p.name, p.description, data_grouping.name AS grouping, l.name AS location, p.trigger_type AS trigger,
      p.trigger_config AS "triggerConfig", p.cron_due_at AS "cronDueAt", p.priority, p.enabled,
      p.revision, p.paused_at AS "pausedAt", p.paused_by AS "pausedBy", p.pause_reason AS "pauseReason",
      p.created_by AS "createdBy", p.created_at AS "createdAt", p.updated_at AS "updatedAt",
      (SELECT count(*) FROM reduction_step s WHERE s.pipeline_id = p.id AND s.retired_at IS NULL) AS "stepCount",
      (SELECT coalesce(jsonb_object_agg(state, n), '{}')
       FROM (SELECT g.state, count(*) AS n FROM sub_group g JOIN reduction_step s ON s.id = g.step_id
             WHERE s.pipeline_id = p.id AND s.retired_at IS NULL GROUP BY g.state) AS counted) AS "subGroups",
      drift."driftCount", drift."reconciledAt"
    FROM pipeline p
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(${driftCount('s.id')}), 0)::int AS "driftCount",
        CASE WHEN count(known.step_id) = count(*) THEN min(known.reconciled_at) END AS "reconciledAt"
      FROM reduction_step s LEFT JOIN step_evaluation known ON known.step_id = s.id
      WHERE s.pipeline_id = p.id AND s.retired_at IS NULL) drift
    JOIN data_grouping ON data_grouping.id = p.data_grouping_id
    JOIN data_location l ON l.id = p.processing_location_id`;

/** Pipelines by id, those after `after`. */
export const listPipelines = (
  manager: EntityManager,
  page: { after: number | null; limit: number },
): Promise<PipelineRow[]> =>
  queryRows(
    manager,
    sql`SELECT ${COLUMNS} WHERE p.id > ${page.after ?? 0} ORDER BY p.id LIMIT ${page.limit}`,
  );

/** One pipeline by name or by id; a name of digits wins over an id. */
export const findPipeline = (manager: EntityManager, nameOrId: string): Promise<PipelineRow | undefined> =>
  queryRow(
    manager,
    sql`SELECT ${COLUMNS} WHERE p.name = ${nameOrId} OR p.id::text = ${nameOrId} ORDER BY p.name = ${nameOrId} DESC LIMIT 1`,
  );

/** The same, locked until the transaction ends: what a change decides on cannot move under it. */
export const lockPipeline = (
  manager: EntityManager,
  nameOrId: string,
): Promise<
  { id: number; name: string; revision: number; enabled: boolean; trigger: TriggerType } | undefined
> =>
  queryRow(
    manager,
    sql`SELECT id, name, revision, enabled, trigger_type AS trigger FROM pipeline
        WHERE name = ${nameOrId} OR id::text = ${nameOrId} ORDER BY name = ${nameOrId} DESC LIMIT 1 FOR UPDATE`,
  );
