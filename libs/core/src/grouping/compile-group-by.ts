import { joinSql, sql, type SqlFragment } from '../sql/sql.js';
import type { GroupByTerm } from './group-by-term.js';

/**
 * A jsonb object over the alias `item` (data_item): the group key, with null for every dimension that a row lacks.
 *
 * It carries bound values, so use it once per statement, as an output column of a subquery, and group by that column:
 * PostgreSQL does not know that $1 and $9 are the same.
 */
export function compileGroupBy(terms: readonly GroupByTerm[]): SqlFragment {
  if (terms.length === 0) return sql`'{}'::jsonb`;
  const entries = terms.map((term) => sql`${term.name}::text, ${compileTerm(term)}`);
  return sql`jsonb_build_object(${joinSql(entries, ', ')})`;
}

function compileTerm(term: GroupByTerm): SqlFragment {
  const inherited = sql`scalar_json(item.dims -> ${term.name}::text)`;
  const computed = compileComputed(term);
  return computed === null ? inherited : sql`COALESCE(${inherited}, ${computed})`;
}

function compileComputed(term: GroupByTerm): SqlFragment | null {
  switch (term.kind) {
    case 'dim':
      return null;
    case 'metadata':
      return sql`scalar_json(item.metadata #> ${term.path}::text[])`;
    case 'healpix':
      return sql`to_jsonb(healpix_ring(item.ra_deg, item.dec_deg, ${term.nside}::integer))`;
    case 'date':
      return sql`to_jsonb(to_char(item.obs_time AT TIME ZONE 'UTC', 'YYYY-MM-DD'))`;
    case 'time_bucket':
      return sql`to_jsonb(to_char(time_bucket(item.obs_time, make_interval(secs => ${term.seconds}::float8)) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'))`;
  }
}
