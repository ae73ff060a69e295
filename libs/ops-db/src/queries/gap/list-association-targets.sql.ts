import { rawSql, sql, type Association, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { associationItems, producerStep } from './association-candidates.js';

export interface TouchedByItems {
  readonly stepId: number;
  readonly association: Association;
  /** Items that changed in any way. */
  readonly itemIds: readonly number[];
  /** Runs whose products their sub-groups offer newly, or no longer. */
  readonly runIds: readonly number[];
  readonly now: Date;
}

/**
 * Sub-groups of a step for which an association may now have to choose otherwise: those that it bound one of the items to,
 * those that one of them could suit by dimensions and time, and, when it waits for producers, those that it may wait with.
 *
 * More than those that change, never fewer: an item that nobody chose and that goes away changes no choice.
 */
export async function listAssociationTargets(
  manager: EntityManager,
  query: TouchedByItems,
): Promise<number[]> {
  const { stepId, association, itemIds, runIds, now } = query;
  const isProducer = sql`item.id IN (SELECT made.item_id FROM run JOIN data_product made ON made.run_id = run.id
    WHERE run.step_id = (${producerStep(stepId, association)}))`;
  const where = sql`item.id IN (SELECT id FROM changed) ${association.from === null ? rawSql('') : sql`AND ${isProducer}`}`;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH changed AS MATERIALIZED (
      SELECT unnest(${itemIds}::bigint[]) AS id UNION SELECT item_id FROM data_product WHERE run_id = ANY(${runIds}::bigint[])
    ),
    candidate AS MATERIALIZED (${associationItems(association, where, now)})
    SELECT g.id FROM sub_group_association bound JOIN sub_group g ON g.id = bound.sub_group_id
    WHERE bound.item_id IN (SELECT id FROM changed) AND bound.name = ${association.name} AND g.step_id = ${stepId}
    UNION
    SELECT g.id FROM candidate JOIN sub_group g ON g.step_id = ${stepId} AND g.member_count > 0 AND ${isWithinReach(association)}
    UNION
    SELECT g.id FROM sub_group g WHERE g.step_id = ${stepId} AND g.association ? 'awaiting'
    ${mayAwait(query)}`,
  );
  return rows.map(({ id }) => id);
}

/** How far from a sub-group a validity may be and still be chosen, in seconds; null is any distance. */
export const reachSeconds = ({ policy, maxOffsetSeconds }: Association): number | null =>
  policy === 'covering' || (policy === 'newest' && maxOffsetSeconds === null) ? 0 : maxOffsetSeconds;

function isWithinReach(association: Association): SqlFragment {
  const agrees = sql`NOT EXISTS (SELECT FROM unnest(${association.same}::text[]) name
    WHERE (g.common_dims -> name) IS DISTINCT FROM (candidate.dims -> name))`;
  const seconds = reachSeconds(association);
  if (seconds === null) return agrees;
  const reach = sql`make_interval(secs => ${seconds}::float8)`;
  return sql`${agrees} AND (g.time_from IS NULL OR ((candidate.valid_from <= g.time_to + ${reach}) IS NOT FALSE
    AND (candidate.valid_to >= g.time_from - ${reach}) IS NOT FALSE))`;
}

const mayAwait = ({ stepId, association, now }: TouchedByItems): SqlFragment =>
  association.awaitSeconds === null
    ? sql``
    : sql`UNION SELECT g.id FROM sub_group g WHERE g.step_id = ${stepId} AND g.member_count > 0
        AND g.last_member_at > ${now}::timestamptz - make_interval(secs => ${association.awaitSeconds})`;
