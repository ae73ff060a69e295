import {
  rawSql,
  sql,
  SUB_GROUP_STATES,
  type Dims,
  type JsonObject,
  type StaleCause,
  type SubGroupState,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { dimsMatch, type DimsQuery } from './dims-match.js';

/** A sub-group of a living step with what stands in its way. */
export interface GapRow {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly key: string;
  readonly dims: Dims;
  readonly commonDims: Dims;
  readonly state: SubGroupState;
  readonly stateSince: Date;
  readonly causes: readonly StaleCause[];
  readonly detail: JsonObject;
  readonly until: Date | null;
  readonly memberCount: number;
  readonly lastRunId: number | null;
  readonly lastRunStatus: string | null;
  readonly lastRunFinishedAt: Date | null;
}

export interface GapsQuery {
  readonly pipeline: string | null;
  readonly step: string | null;
  /** Null: every state but `current`. */
  readonly state: SubGroupState | null;
  readonly dims: DimsQuery;
  readonly after: number | null;
  readonly limit: number;
}

const COLUMNS =
  rawSql(`g.id, pipeline.name AS pipeline, step.name AS step, g.key, g.dims, g.common_dims AS "commonDims", g.state,
      g.state_since AS "stateSince", g.causes, g.detail, g.until, g.member_count AS "memberCount", g.last_run_id AS "lastRunId",
      run.status AS "lastRunStatus", run.finished_at AS "lastRunFinishedAt"`);
const TABLES = rawSql(`sub_group g
    JOIN reduction_step step ON step.id = g.step_id
    JOIN pipeline ON pipeline.id = step.pipeline_id
    LEFT JOIN run ON run.id = g.last_run_id`);

const NOT_CURRENT = SUB_GROUP_STATES.filter((state) => state !== 'current');

/** Up to `limit` sub-groups of living steps by id, those after `after`: the first of each step and state, and the first of these. */
export const listGaps = (manager: EntityManager, query: GapsQuery): Promise<GapRow[]> =>
  queryRows(
    manager,
    sql`
    WITH page AS MATERIALIZED (
      SELECT found.id
      FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id
      CROSS JOIN unnest(${query.state === null ? NOT_CURRENT : [query.state]}::text[]) AS wanted(state)
      CROSS JOIN LATERAL (
        SELECT g.id FROM sub_group g
        -- A range of one state, and its order: with an equality the planner would go through all ids and leave out those in other states.
        WHERE g.step_id = step.id AND g.state BETWEEN wanted.state AND wanted.state AND g.id > ${query.after ?? 0}
          AND ${dimsMatch(rawSql('g.common_dims'), query.dims)}
        ORDER BY g.state, g.id LIMIT ${query.limit}
      ) found
      WHERE step.retired_at IS NULL
        AND (${query.pipeline}::text IS NULL OR pipeline.name = ${query.pipeline})
        AND (${query.step}::text IS NULL OR step.name = ${query.step})
      ORDER BY found.id LIMIT ${query.limit}
    )
    SELECT ${COLUMNS}
    FROM ${TABLES}
    WHERE g.id IN (SELECT id FROM page)
    ORDER BY g.id
  `,
  );

/** One sub-group whatever its state, its step's retirement included. */
export const findGap = (manager: EntityManager, subGroupId: number): Promise<GapRow | undefined> =>
  queryRow(manager, sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE g.id = ${subGroupId}`);
