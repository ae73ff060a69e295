import { rawSql, sql, type Dims, type RunStatus, type StaleCause } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { dimsMatch, type DimsQuery } from './dims-match.js';

export interface RunSummaryRow {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly location: string;
  readonly software: string;
  readonly softwareVersion: string;
  readonly subGroupId: number;
  readonly status: RunStatus;
  readonly causes: readonly StaleCause[];
  readonly dims: Dims;
  readonly priority: number;
  readonly attempt: number;
  readonly failureCount: number;
  readonly failureClass: string | null;
  readonly failureReason: string | null;
  readonly waitingReason: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly finishedAt: Date | null;
}

export interface RunsQuery {
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly status: RunStatus | null;
  readonly subGroupId: number | null;
  readonly dims: DimsQuery;
  /** Runs before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** What every answer says about a run; `r` is the run. */
export const RUN_SUMMARY = rawSql(`r.id, pipeline.name AS pipeline, step.name AS step, l.name AS location,
      s.name AS software, v.version AS "softwareVersion", r.sub_group_id AS "subGroupId", r.status, r.causes, r.dims, r.priority,
      r.attempt, r.failure_count AS "failureCount", r.failure_class AS "failureClass", r.failure_reason AS "failureReason",
      r.waiting_reason AS "waitingReason", r.cancel_requested_at AS "cancelRequestedAt", r.created_at AS "createdAt",
      r.changed_at AS "changedAt", r.finished_at AS "finishedAt"`);
export const RUN_SUMMARY_TABLES = rawSql(`run r
    JOIN pipeline ON pipeline.id = r.pipeline_id
    JOIN reduction_step step ON step.id = r.step_id
    JOIN data_location l ON l.id = r.location_id
    JOIN reduction_software_version v ON v.id = r.software_version_id
    JOIN reduction_software s ON s.id = v.software_id`);

/** Up to `limit` runs, newest first. */
export const listRuns = (manager: EntityManager, query: RunsQuery): Promise<RunSummaryRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT ${RUN_SUMMARY}
    FROM ${RUN_SUMMARY_TABLES}
    WHERE (${query.before}::bigint IS NULL OR r.id < ${query.before})
      AND (${query.pipeline}::text IS NULL OR r.pipeline_id IN (SELECT id FROM pipeline WHERE name = ${query.pipeline}))
      AND (${query.step}::text IS NULL OR step.name = ${query.step})
      AND (${query.status}::text IS NULL OR r.status = ${query.status})
      AND (${query.subGroupId}::bigint IS NULL OR r.sub_group_id = ${query.subGroupId})
      AND ${dimsMatch(rawSql('r.dims'), query.dims)}
    ORDER BY r.id DESC
    LIMIT ${query.limit}
  `,
  );
