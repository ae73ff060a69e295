import { rawSql, sql, type Dims, type RawSql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { dimsMatch, type DimsQuery } from '../dims-match.js';

export interface FailureRow {
  readonly runId: number;
  /** Null: the whole of the sub-group's newest work. */
  readonly itemId: number | null;
  readonly item: string | null;
  readonly pipeline: string;
  readonly step: string;
  readonly subGroupId: number;
  readonly dims: Dims;
  /** `failed`, or `missing`: the program said nothing of the item. */
  readonly outcome: string;
  readonly failureClass: string;
  readonly reason: string;
  readonly failedAt: Date | null;
  /** There is an earlier result, which is still the newest. */
  readonly hasResult: boolean;
}

export interface FailuresQuery {
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly kind: 'sub_group' | 'item' | null;
  readonly dims: DimsQuery;
  /** The run and the item (0: the sub-group) after which the page begins, newest run first. */
  readonly before: { readonly runId: number; readonly itemId: number } | null;
  readonly limit: number;
}

/**
 * Up to `limit` failures that nothing has healed since: sub-groups whose newest work failed, with or without an earlier result, and items that
 * failed in, or were left out of, a run that completed. By run, newest first, then by item. What is read is what is open.
 */
export const listFailures = (manager: EntityManager, query: FailuresQuery): Promise<FailureRow[]> => {
  const { pipeline, step, kind, dims, before, limit } = query;
  const part = (from: RawSql, itemId: string, item: RawSql, said: RawSql): SqlFragment => sql`
      (SELECT known.run_id AS "runId", nullif(${rawSql(itemId)}, 0) AS "itemId", ${item} AS item, pipeline.name AS pipeline, step.name AS step,
         run.sub_group_id AS "subGroupId", run.dims, ${said}, run.finished_at AS "failedAt", g.last_completed_run_id IS NOT NULL AS "hasResult"
       FROM ${from} JOIN run ON run.id = known.run_id JOIN sub_group g ON g.id = run.sub_group_id
         JOIN reduction_step step ON step.id = run.step_id AND step.retired_at IS NULL JOIN pipeline ON pipeline.id = run.pipeline_id
       WHERE ${
         before === null
           ? sql`TRUE`
           : sql`known.run_id <= ${before.runId} AND (known.run_id, ${rawSql(itemId)}) < (${before.runId}, ${before.itemId})`
       }
         AND (${pipeline}::text IS NULL OR pipeline.name = ${pipeline}) AND (${step}::text IS NULL OR step.name = ${step})
         AND ${dimsMatch(rawSql('run.dims'), dims)}
       ORDER BY known.run_id DESC, ${rawSql(itemId)} DESC LIMIT ${limit})`;
  const ofSubGroups = part(
    rawSql('open_failure known'),
    '0::bigint',
    rawSql('NULL::text'),
    rawSql(
      `'failed' AS outcome, coalesce(run.failure_class, '') AS "failureClass", coalesce(run.failure_reason, '') AS reason`,
    ),
  );
  const ofItems = part(
    rawSql(`open_item_failure known JOIN data_item item ON item.id = known.item_id AND item.retired_at IS NULL
         JOIN item_outcome said ON said.run_id = known.run_id AND said.item_id = known.item_id`),
    'known.item_id',
    rawSql('item.name'),
    rawSql('said.outcome, said.failure_class AS "failureClass", said.reason'),
  );
  const parts =
    kind === null ? sql`${ofSubGroups} UNION ALL ${ofItems}` : kind === 'item' ? ofItems : ofSubGroups;
  return queryRows(
    manager,
    sql`SELECT * FROM (${parts}) found ORDER BY "runId" DESC, coalesce("itemId", 0) DESC LIMIT ${limit}`,
  );
};
