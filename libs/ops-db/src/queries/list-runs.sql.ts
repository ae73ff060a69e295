import {
  joinSql,
  rawSql,
  sql,
  type Dims,
  type JsonObject,
  type RawSql,
  type RunStatus,
  type SqlFragment,
  type StaleCause,
} from '@meridian/core';
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
  /** {fraction, message, items_done, items_total, said_at} of its newest attempt; null while it said nothing. */
  readonly progress: JsonObject | null;
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
      r.changed_at AS "changedAt", r.finished_at AS "finishedAt",
      (SELECT progress FROM run_progress said WHERE said.run_id = r.id AND said.attempt = r.attempt) AS progress`);
export const RUN_SUMMARY_TABLES = rawSql(`run r
    JOIN pipeline ON pipeline.id = r.pipeline_id
    JOIN reduction_step step ON step.id = r.step_id
    JOIN data_location l ON l.id = r.location_id
    JOIN reduction_software_version v ON v.id = r.software_version_id
    JOIN reduction_software s ON s.id = v.software_id`);

/**
 * Up to `limit` runs, newest first.
 *
 * Which runs they are is read from one index in its own order, as many entries as a page has (of each step, where several are asked
 * for): a status that is rare, or that nobody has, costs no more than any other. Only `dims` are looked at in the runs themselves, one
 * after the other.
 */
export const listRuns = (manager: EntityManager, query: RunsQuery): Promise<RunSummaryRow[]> =>
  queryRows(
    manager,
    sql`
    WITH page AS MATERIALIZED (${pageOf(query)})
    SELECT ${RUN_SUMMARY}
    FROM ${RUN_SUMMARY_TABLES} JOIN page ON page.id = r.id
    ORDER BY r.id DESC
  `,
  );

function pageOf(query: RunsQuery): SqlFragment {
  const { pipeline, step, status, subGroupId } = query;
  // A sub-group has few runs: whatever else is asked for is looked up in each.
  if (subGroupId !== null) return pageOfSubGroup(query, subGroupId);
  const ofStatus: Pinned[] = status === null ? [] : [{ column: 'status', value: sql`${status}::text` }];
  if (step !== null || (pipeline !== null && status !== null)) {
    const steps = sql`SELECT id FROM reduction_step step WHERE ${namedStep(query)}`;
    return newestOfEach(steps, query, [{ column: 'step_id', value: rawSql('one.id') }, ...ofStatus]);
  }
  if (pipeline !== null) {
    const pipelines = sql`SELECT id FROM pipeline WHERE name = ${pipeline}`;
    return newestOfEach(pipelines, query, [{ column: 'pipeline_id', value: rawSql('one.id') }]);
  }
  return newest(query, ofStatus);
}

const namedStep = ({ pipeline, step }: RunsQuery): SqlFragment => sql`
  (${step}::text IS NULL OR step.name = ${step})
  AND (${pipeline}::text IS NULL OR step.pipeline_id IN (SELECT id FROM pipeline WHERE name = ${pipeline}))`;

const pageOfSubGroup = (query: RunsQuery, subGroupId: number): SqlFragment => sql`
  SELECT r.id FROM run r
  WHERE r.sub_group_id = ${subGroupId} AND (${query.before}::bigint IS NULL OR r.id < ${query.before})
    AND (${query.status}::text IS NULL OR r.status = ${query.status})
    AND EXISTS (SELECT FROM reduction_step step WHERE step.id = r.step_id AND ${namedStep(query)})
    AND ${dimsMatch(rawSql('r.dims'), query.dims)}
  ORDER BY r.id DESC LIMIT ${query.limit}`;

const newestOfEach = (scope: SqlFragment, query: RunsQuery, pinned: readonly Pinned[]): SqlFragment => sql`
  SELECT found.id FROM (${scope}) one CROSS JOIN LATERAL (${newest(query, pinned)}) found
  ORDER BY found.id DESC LIMIT ${query.limit}`;

/** A column of the run that has one value throughout a list. */
interface Pinned {
  readonly column: 'pipeline_id' | 'step_id' | 'status';
  readonly value: SqlFragment | RawSql;
}

/**
 * The newest runs with these values, along the index of exactly these columns and the id.
 *
 * Rows are compared where `=` would do, and ordered by what is the same in all of them: else PostgreSQL is free to go down another
 * index and look each run up, which it does where statistics say that most runs match, and then reads millions if in this step none does.
 */
function newest({ before, dims, limit }: RunsQuery, pinned: readonly Pinned[]): SqlFragment {
  const columns = pinned.map(({ column }) => sql`r.${rawSql(column)}`);
  const values = pinned.map(({ value }) => sql`${value}`);
  const last = sql`coalesce(${before}::bigint, 9223372036854775807)`;
  const list = (parts: readonly SqlFragment[]): SqlFragment => joinSql(parts, ', ');
  const from = pinned.length === 0 ? sql`` : sql`AND (${list(columns)}) >= (${list(values)})`;
  const order = [...columns, sql`r.id`].map((column) => sql`${column} DESC`);
  return sql`
    SELECT r.id FROM run r
    WHERE (${list([...columns, sql`r.id`])}) < (${list([...values, last])}) ${from} AND ${dimsMatch(rawSql('r.dims'), dims)}
    ORDER BY ${list(order)} LIMIT ${limit}`;
}
