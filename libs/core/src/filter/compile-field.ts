import { rawSql, sql, type SqlFragment } from '../sql/sql.js';
import type { Field, RuleValue } from './filter.js';

/** The left side of a comparison, and how its right side is bound, so that both have one type. */
export interface TypedOperand {
  readonly left: SqlFragment;
  bind(value: RuleValue): SqlFragment;
  /** The values as one SQL array. */
  bindAll(values: readonly RuleValue[]): SqlFragment;
}

/** A dimension or a value inside a JSON column, as jsonb. */
export function jsonOf(field: Exclude<Field, { kind: 'column' }>): SqlFragment {
  if (field.kind === 'dim') return sql`(item.dims -> ${field.name}::text)`;
  return sql`(${rawSql(field.sql)} #> ${field.path}::text[])`;
}

/**
 * A field ready for a comparison. Equality of JSON values is equality of jsonb (numbers by value, types apart); for
 * `text` and `number` a JSON value of another type is NULL, so that nothing is ever cast that cannot be.
 */
export function typedOperand(field: Field, use: 'equality' | 'text' | 'number'): TypedOperand {
  if (field.kind === 'column') return columnOperand(field, use);
  const value = jsonOf(field);
  switch (use) {
    case 'equality':
      return operand(sql`scalar_json(${value})`, 'jsonb', (entry) => JSON.stringify(entry));
    case 'text':
      return operand(sql`json_text(${value}) COLLATE "C"`, 'text');
    case 'number':
      return operand(sql`json_number(${value})`, 'numeric');
  }
}

/** Equality needs no collation, and without one it can use the column's own index. */
function columnOperand(
  field: Extract<Field, { kind: 'column' }>,
  use: 'equality' | 'text' | 'number',
): TypedOperand {
  const left = sql`${rawSql(field.sql)}`;
  switch (field.type) {
    case 'text':
    case 'enum':
      return operand(use === 'equality' ? left : sql`${left} COLLATE "C"`, 'text');
    case 'uuid':
      return operand(left, 'uuid');
    case 'integer':
      return operand(left, 'numeric');
    case 'float':
      return operand(left, 'float8');
    case 'boolean':
      return operand(left, 'boolean');
    case 'timestamp':
      return {
        left,
        bind: (value) => sql`iso_instant(${value}::text)`,
        bindAll: (values) =>
          sql`ARRAY(SELECT iso_instant(instant) FROM unnest(${values}::text[]) AS instant)`,
      };
  }
}

function operand(
  left: SqlFragment,
  type: string,
  convert: (value: RuleValue) => RuleValue = (value) => value,
): TypedOperand {
  return {
    left,
    bind: (value) => sql`${convert(value)}::${rawSql(type)}`,
    bindAll: (values) => sql`${values.map(convert)}::${rawSql(`${type}[]`)}`,
  };
}
