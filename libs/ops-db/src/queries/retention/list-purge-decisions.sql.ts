import { joinSql, sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface PurgeDecisionRow {
  readonly id: number;
  readonly purgeId: number | null;
  readonly location: string;
  readonly itemId: number | null;
  readonly runId: number | null;
  /** Of a row about what an attempt left. */
  readonly attempt: number | null;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly action: 'delete' | 'keep';
  readonly reason: string;
  readonly detail: string;
  readonly decidedAt: Date;
  readonly deletedAt: Date | null;
}

export interface PurgeDecisionsQuery {
  readonly locationId: number | null;
  readonly purgeId: number | null;
  readonly itemId: number | null;
  readonly action: string | null;
  readonly reason: string | null;
  /** Decisions before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` rows of the ledger, newest first. Only what is asked for is in the statement, so that each finds its index. */
export const listPurgeDecisions = (
  manager: EntityManager,
  query: PurgeDecisionsQuery,
): Promise<PurgeDecisionRow[]> => {
  const conditions: SqlFragment[] = [
    ...(query.locationId === null ? [] : [sql`decision.data_location_id = ${query.locationId}`]),
    ...(query.purgeId === null ? [] : [sql`decision.purge_id = ${query.purgeId}`]),
    ...(query.itemId === null ? [] : [sql`decision.item_id = ${query.itemId}`]),
    ...(query.action === null ? [] : [sql`decision.action = ${query.action}`]),
    ...(query.reason === null ? [] : [sql`decision.reason = ${query.reason}`]),
    ...(query.before === null ? [] : [sql`decision.id < ${query.before}`]),
  ];
  return queryRows(
    manager,
    sql`
    SELECT decision.id, purge_id AS "purgeId", location.name AS location, item_id AS "itemId", run_id AS "runId", attempt, path, files, bytes, action, reason,
      detail, decided_at AS "decidedAt", deleted_at AS "deletedAt"
    FROM purge_decision decision JOIN data_location location ON location.id = decision.data_location_id
    WHERE ${joinSql(conditions, ' AND ', 'true')}
    ORDER BY decision.id DESC LIMIT ${query.limit}`,
  );
};
