import { joinSql, rawSql, sql, type SqlFragment } from '../sql/sql.js';
import { jsonOf, typedOperand } from './compile-field.js';
import type { Field, Filter, Rule } from './filter.js';
import { instantOf } from './instant.js';
import { postgresPattern } from './regular-expression.js';
import { CONE_TOLERANCE_DEG } from './sphere.js';

export interface CompileContext {
  /** The moment that `within_last` counts back from. */
  readonly now: Date;
}

/**
 * SQL that is TRUE for exactly the rows `matchesFilter` accepts, and FALSE or NULL for the others.
 *
 * Over the alias `item` (data_item) and the aliases that `itemSource` in ops-db joins for `tablesOf(filter)`.
 * All values are bound. It never raises an error, whatever the rows hold.
 * `not` compiles to IS NOT TRUE: in SQL a comparison with NULL is NULL, and NOT NULL is NULL again, so a plain NOT would
 * silently drop those rows. Plain comparisons stay plain, and keep their indexes: equality of a dimension is `dims @>`.
 */
export function compileFilter(filter: Filter, context: CompileContext): SqlFragment {
  switch (filter.op) {
    case 'all':
      return group(filter.of, ' AND ', 'TRUE', context);
    case 'any':
      return group(filter.of, ' OR ', 'FALSE', context);
    case 'not':
      return sql`((${compileFilter(filter.of, context)}) IS NOT TRUE)`;
    case 'overlaps':
      return compileOverlaps(filter);
    case 'cone':
      return compileCone(filter);
    case 'is_null':
      return compileIsNull(filter.field, filter.expected);
    case 'within_last':
      return compileWithinLast(filter.field, filter.seconds, context.now);
    default:
      return compileComparison(filter);
  }
}

function group(
  parts: readonly Filter[],
  separator: string,
  empty: string,
  context: CompileContext,
): SqlFragment {
  return sql`(${joinSql(
    parts.map((part) => compileFilter(part, context)),
    separator,
    empty,
  )})`;
}

type Comparison = Exclude<Rule, { op: 'overlaps' | 'cone' | 'is_null' | 'within_last' }>;

const SIGNS = { neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

function compileComparison(rule: Comparison): SqlFragment {
  switch (rule.op) {
    case 'eq':
      if (rule.field.kind === 'dim')
        return sql`(item.dims @> ${JSON.stringify({ [rule.field.name]: rule.value })}::jsonb)`;
      return infix(rule.field, '=', rule.value);
    case 'neq':
      return infix(rule.field, SIGNS.neq, rule.value);
    case 'in':
      return list(rule.field, '= ANY', rule.values);
    case 'not_in':
      return list(rule.field, '<> ALL', rule.values);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return ordered(rule.field, SIGNS[rule.op], rule.value);
    case 'between':
      return sql`(${ordered(rule.field, SIGNS.gte, rule.low)} AND ${ordered(rule.field, SIGNS.lte, rule.high)})`;
    case 'like':
      return sql`(${typedOperand(rule.field, 'text').left} LIKE ${rule.pattern}::text)`;
    case 'regex':
      return sql`(${typedOperand(rule.field, 'text').left} ~ ${postgresPattern(rule.pattern)}::text)`;
  }
}

function infix(field: Field, sign: string, value: string | number | boolean): SqlFragment {
  const { left, bind } = typedOperand(field, 'equality');
  return sql`(${left} ${rawSql(sign)} ${bind(value)})`;
}

function list(field: Field, sign: string, values: readonly (string | number | boolean)[]): SqlFragment {
  const { left, bindAll } = typedOperand(field, 'equality');
  return sql`(${left} ${rawSql(sign)} (${bindAll(values)}))`;
}

function ordered(field: Field, sign: string, value: string | number): SqlFragment {
  const { left, bind } = typedOperand(field, typeof value === 'string' ? 'text' : 'number');
  return sql`(${left} ${rawSql(sign)} ${bind(value)})`;
}

function compileIsNull(field: Field, expected: boolean): SqlFragment {
  const test = rawSql(expected ? 'IS NULL' : 'IS NOT NULL');
  if (field.kind === 'column') return sql`(${rawSql(field.sql)} ${test})`;
  return sql`(NULLIF(${jsonOf(field)}, 'null'::jsonb) ${test})`;
}

function compileWithinLast(field: Field, seconds: number, now: Date): SqlFragment {
  const at =
    field.kind === 'column' ? sql`${rawSql(field.sql)}` : sql`iso_instant(json_text(${jsonOf(field)}))`;
  const earliest = instantOf(new Date(now.getTime() - seconds * 1000));
  return sql`(${at} BETWEEN iso_instant(${earliest}::text) AND iso_instant(${instantOf(now)}::text))`;
}

function compileOverlaps({ start, end }: { start: string | null; end: string | null }): SqlFragment {
  const before =
    end === null ? sql`item.obs_time IS NOT NULL` : sql`item.obs_time < iso_instant(${end}::text)`;
  if (start === null) return sql`(${before})`;
  return sql`(${before} AND (item.obs_time >= iso_instant(${start}::text) OR item.obs_time_end > iso_instant(${start}::text)))`;
}

/** The band of declinations is there to spare most rows the trigonometry. */
function compileCone({
  raDeg,
  decDeg,
  radiusDeg,
}: {
  raDeg: number;
  decDeg: number;
  radiusDeg: number;
}): SqlFragment {
  const reach = radiusDeg + 2 * CONE_TOLERANCE_DEG;
  return sql`(item.dec_deg BETWEEN ${decDeg - reach}::float8 AND ${decDeg + reach}::float8
    AND angular_separation_deg(item.ra_deg, item.dec_deg, ${raDeg}::float8, ${decDeg}::float8) <= ${radiusDeg + CONE_TOLERANCE_DEG}::float8)`;
}
