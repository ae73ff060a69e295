import { joinSql, sql, type JsonScalar, type RawSql, type SqlFragment } from '@meridian/core';

/** Dimensions as a query names them: texts, whatever type the value has. */
export type DimsQuery = Readonly<Record<string, string>>;

/**
 * TRUE when a jsonb column of dims has every one of these values; TRUE for none.
 *
 * A query can only say texts, so `3` matches the number 3 and the text "3". Containment keeps the GIN index usable.
 */
export function dimsMatch(column: RawSql, dims: DimsQuery): SqlFragment {
  const each = Object.entries(dims).map(([name, text]) => {
    const alternatives = readings(text).map(
      (value) => sql`${column} @> ${JSON.stringify({ [name]: value })}::jsonb`,
    );
    return sql`(${joinSql(alternatives, ' OR ')})`;
  });
  return sql`(${joinSql(each, ' AND ', 'TRUE')})`;
}

/** The text itself, and the number, truth value or null that it may stand for. */
function readings(text: string): JsonScalar[] {
  const isScalar = /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?)$/.test(text);
  const value: unknown = isScalar ? JSON.parse(text) : text;
  // A number that JSON cannot hold (1e999) is only a text.
  return value === text || (typeof value === 'number' && !Number.isFinite(value))
    ? [text]
    : [text, value as JsonScalar];
}
