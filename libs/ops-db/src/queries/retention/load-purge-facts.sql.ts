import { rawSql, sql, type JsonObject, type ProductType, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** All that decides whether a copy's bytes may go, but for what its step says and what its disk shows. */
export interface PurgeFacts {
  readonly copyId: number;
  readonly itemId: number;
  readonly runId: number | null;
  readonly path: string;
  readonly bytes: number;
  readonly status: string;
  /** Null for what no step made. */
  readonly type: ProductType | null;
  readonly retention: JsonObject | null;
  readonly isRaw: boolean;
  readonly isCalibration: boolean;
  readonly isResultTable: boolean;
  readonly isPublished: boolean;
  readonly isRecordComplete: boolean;
  readonly isNeededByRun: boolean;
  readonly openDependents: number;
  readonly hasDependents: boolean;
  readonly ageDays: number;
  readonly newerResults: number;
  readonly uses: number;
}

/** A step that takes products of another: of these types, of paths that this POSIX pattern matches (null: all). */
export interface Taker {
  readonly stepId: number;
  readonly upstreamId: number;
  readonly types: readonly string[];
  readonly pattern: string | null;
}

export interface PurgeFactsQuery {
  readonly copyIds: readonly number[];
  readonly takers: readonly Taker[];
  /** Locks the copies until the transaction ends; those that somebody else is changing are left out. */
  readonly isLocking: boolean;
}

/** `last: n` counts no farther. */
const MOST_NEWER_RESULTS = 1000;
const DONE = rawSql(`('COMPLETED', 'COMPLETED_WITH_WARNINGS')`);
const WAITING_OR_ACTIVE = rawSql(
  `('PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS')`,
);

/** Steps of whose products some association chooses, wherever it is: what was never bound yet may be tomorrow. */
const NAMED_PRODUCERS = sql`
    named_producer AS MATERIALIZED (
      SELECT DISTINCT made.id FROM reduction_step taker JOIN pipeline own ON own.id = taker.pipeline_id
      CROSS JOIN LATERAL jsonb_array_elements(taker.associations) AS association
      JOIN pipeline ON pipeline.name = coalesce(association -> 'from' ->> 'pipeline', own.name)
      JOIN reduction_step made ON made.pipeline_id = pipeline.id AND made.name = association -> 'from' ->> 'step' AND made.retired_at IS NULL
      WHERE taker.retired_at IS NULL AND taker.associations <> '[]'
    )`;

/** Of the newest result of sub-group `g` some product has no good copy, and none that went on purpose: whoever makes it again needs its inputs. */
const IS_DAMAGED = rawSql(`(SELECT true
          FROM data_product made WHERE made.run_id = g.last_completed_run_id AND (
            SELECT true FROM physical_copy held WHERE held.item_id = made.item_id
              AND (held.status IN ('PRESENT', 'STAGED') AND held.verified_at IS NOT NULL
                OR held.status IN ('DELETION_SCHEDULED', 'DELETION_IN_PROGRESS', 'DELETED')) LIMIT 1) IS NULL LIMIT 1) IS TRUE`);

/**
 * Steps that take this product by its type and path, and those of them that are not done with it. What was replaced is offered to nobody any more. What
 * is offered is done with when some run completed with it, and every sub-group that took it is current, its result whole.
 */
const DOWNSTREAM = sql`
      SELECT count(*)::int AS takers, (count(*) FILTER (WHERE product.superseded_at IS NULL AND item.retired_at IS NULL AND (
        (SELECT true FROM input_set_member member JOIN run took ON took.input_set_id = member.input_set_id
          WHERE member.item_id = item.id AND took.step_id = taker.step_id AND took.status IN ${DONE} LIMIT 1) IS NULL
        OR (SELECT true FROM input_set_member member JOIN run took ON took.input_set_id = member.input_set_id
          JOIN sub_group g ON g.id = took.sub_group_id
          WHERE member.item_id = item.id AND took.step_id = taker.step_id AND (g.state NOT IN ('current', 'waived') OR ${IS_DAMAGED}) LIMIT 1) IS TRUE
      )))::int AS open
      FROM taker
      WHERE taker.upstream_id = run.step_id AND product.type = ANY(taker.types) AND (taker.pattern IS NULL OR product.path ~ taker.pattern)`;

/**
 * The facts of these copies as they are now, in the order of their ids; only of those that lie there, or are to go.
 *
 * LIMIT 1 keeps a look-up a look-up: as a join, or as EXISTS, it may be answered by a look at every item or edge there is.
 */
export const loadPurgeFacts = (manager: EntityManager, query: PurgeFactsQuery): Promise<PurgeFacts[]> =>
  queryRows(
    manager,
    sql`
    WITH looked_at AS MATERIALIZED (
      SELECT * FROM physical_copy copy WHERE copy.id = ANY(${query.copyIds}::bigint[])
        AND copy.status IN ('PRESENT', 'DELETION_SCHEDULED', 'DELETION_IN_PROGRESS')
      ORDER BY copy.id ${query.isLocking ? rawSql('FOR NO KEY UPDATE SKIP LOCKED') : rawSql('')}
    ), ${NAMED_PRODUCERS}, ${takers(query.takers)}
    SELECT copy.id AS "copyId", item.id AS "itemId", run.id AS "runId", copy.path, item.size_bytes AS bytes, copy.status, product.type, step.retention,
      item.kind <> 'DATA_PRODUCT' AS "isRaw",
      (SELECT true FROM sub_group_association bound WHERE bound.item_id = item.id LIMIT 1) IS TRUE
        OR (SELECT true FROM run_association bound WHERE bound.item_id = item.id LIMIT 1) IS TRUE
        OR run.step_id IN (SELECT id FROM named_producer) IS TRUE AS "isCalibration",
      product.path ~ '^results/[^/]+\\.ndjson$' IS TRUE AS "isResultTable",
      (SELECT true FROM publication WHERE publication.item_id = item.id AND publication.state NOT IN ('rejected', 'failed', 'withdrawn') LIMIT 1) IS TRUE AS "isPublished",
      copy.verified_at IS NOT NULL AND run.status IN ${DONE} IS TRUE
        AND (SELECT true FROM input_set_member member WHERE member.input_set_id = run.input_set_id LIMIT 1) IS TRUE AS "isRecordComplete",
      coalesce(use.is_active, false) AS "isNeededByRun", coalesce(downstream.open, 0) AS "openDependents",
      coalesce(downstream.takers, 0) > 0 OR use.uses > 0 AS "hasDependents",
      extract(epoch FROM now() - copy.created_at)::float8 / 86400 AS "ageDays",
      (SELECT count(*)::int FROM (SELECT FROM run newer WHERE newer.sub_group_id = run.sub_group_id AND newer.id > run.id AND newer.status IN ${DONE}
        LIMIT ${MOST_NEWER_RESULTS}) AS newer) AS "newerResults", use.uses
    FROM looked_at copy
    CROSS JOIN LATERAL (SELECT * FROM data_item WHERE data_item.id = copy.item_id LIMIT 1) item
    LEFT JOIN LATERAL (SELECT * FROM data_product WHERE data_product.item_id = item.id LIMIT 1) product ON true
    LEFT JOIN LATERAL (SELECT * FROM run WHERE run.id = product.run_id LIMIT 1) run ON true
    LEFT JOIN reduction_step step ON step.id = run.step_id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS uses, bool_or(used.status IN ${WAITING_OR_ACTIVE}) AS is_active
      FROM input_set_member member JOIN run used ON used.input_set_id = member.input_set_id WHERE member.item_id = item.id
    ) use
    LEFT JOIN LATERAL (${DOWNSTREAM}) downstream ON true
    ORDER BY copy.id`,
  );

const takers = (list: readonly Taker[]): SqlFragment => sql`
    taker AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(
        list.map(({ stepId, upstreamId, types, pattern }) => ({
          step_id: stepId,
          upstream_id: upstreamId,
          types,
          pattern,
        })),
      )}::jsonb) AS listed (step_id bigint, upstream_id bigint, types text[], pattern text)
    )`;
