import {
  compileFilter,
  joinSql,
  rawSql,
  sql,
  tablesOf,
  type Association,
  type SqlFragment,
} from '@meridian/core';
import { itemSource } from '../item-source.sql.js';

/** Of an item that is valid at other times than it was taken: in its dims (all that a product can say) or its metadata. */
const STATED = rawSql(`
  coalesce(iso_instant(item.dims ->> 'valid_from'), iso_instant(item.metadata ->> 'valid_from')) AS stated_from,
  coalesce(iso_instant(item.dims ->> 'valid_to'), iso_instant(item.metadata ->> 'valid_to')) AS stated_to`);

/** The living step that an association's `from` names, as a query for its id. */
export function producerStep(stepId: number, { from }: Association): SqlFragment {
  if (from === null) return sql`SELECT NULL::bigint AS id WHERE false`;
  return sql`
    SELECT producer.id FROM reduction_step producer JOIN pipeline ON pipeline.id = producer.pipeline_id
    WHERE producer.name = ${from.step} AND producer.retired_at IS NULL
      AND CASE WHEN ${from.pipeline}::text IS NULL THEN pipeline.id = (SELECT pipeline_id FROM reduction_step WHERE id = ${stepId})
        ELSE pipeline.name = ${from.pipeline}::text END`;
}

/**
 * The items that an association's filter selects and that `where` admits, as `id, content_hash, dims, registered_at, valid_from,
 * valid_to`; a NULL end is open.
 *
 * An item is valid from `valid_from` to `valid_to` when it says either of them, otherwise for the time of its observation; one
 * without any time is always valid, one that ends before it begins never.
 */
export function associationItems({ select }: Association, where: SqlFragment, now: Date): SqlFragment {
  const filter = select === null ? sql`true` : compileFilter(select, { now });
  const tables = select === null ? [] : tablesOf(select);
  return sql`
    SELECT id, content_hash, dims, registered_at, valid_from, valid_to FROM (
      SELECT id, content_hash, dims, registered_at,
        CASE WHEN coalesce(stated_from, stated_to) IS NULL THEN obs_time ELSE stated_from END AS valid_from,
        CASE WHEN coalesce(stated_from, stated_to) IS NULL THEN coalesce(obs_time_end, obs_time) ELSE stated_to END AS valid_to
      FROM (SELECT item.*, ${STATED} FROM ${itemSource(tables)} WHERE (${where}) AND (${filter})) stating) valid
    WHERE valid_from <= valid_to OR valid_from IS NULL OR valid_to IS NULL`;
}

/** What products an association may take, whatever their run: a filter that asks about products says so itself. */
export function takenTypes({ from, select }: Association): SqlFragment {
  if (from !== null) return sql`made.type = ANY(${from.types})`;
  if (select !== null && tablesOf(select).has('DataProduct')) return sql`true`;
  return sql`made.type IN ('SCIENCE', 'INTERMEDIATE')`;
}

/** Any of these dims, so that an index serves; many of them are found faster by looking at everything. */
export const anyOfDims = (list: readonly string[]): SqlFragment =>
  joinSql(
    list.map((dims) => sql`item.dims @> ${dims}::jsonb`),
    ' OR ',
    'false',
  );
