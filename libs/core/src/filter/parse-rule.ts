import { suggestion } from '../definition/nearest-name.js';
import type { JsonObject } from '../shared/json.js';
import {
  columnsOf,
  FILTER_TABLE_NAMES,
  findColumn,
  isFilterTable,
  type FilterTable,
} from './column-catalogue.js';
import type { FilterProblems, Path } from './filter-problems.js';
import { DIMENSION_NAME, FILTER_OPERATORS, type Field, type FilterOperator, type Rule } from './filter.js';
import { parseCone, parseTimeRange } from './parse-region.js';
import { parseComparison } from './parse-value.js';
import { parseJsonPath } from './json-path.js';

const RULE_KEYS = ['dim', 'table', 'column', 'json_path', 'operator', 'value'];

/** The field of `within_last` when a rule names none. */
const OBS_TIME: Field = {
  kind: 'column',
  table: 'DataItem',
  column: 'obs_time',
  sql: 'item.obs_time',
  type: 'timestamp',
};

/** A hint at the name that was probably meant; none for texts that are no name. */
const near = (wrong: unknown, known: readonly string[]): string =>
  typeof wrong === 'string' && wrong.length <= 64 ? suggestion(wrong, known) : '';

/** One rule, or null after reporting all that is wrong with it. */
export function parseRule(json: JsonObject, path: Path, problems: FilterProblems): Rule | null {
  const unknown = Object.keys(json).filter((key) => !RULE_KEYS.includes(key));
  for (const key of unknown) {
    problems.report(
      'filter.unknown_key',
      [...path, key],
      `a rule has no "${key}"${near(key, RULE_KEYS)}: use ${RULE_KEYS.join(', ')}`,
    );
  }
  const operator = parseOperator(json, path, problems);
  const value = { json: json['value'], path: [...path, 'value'] };
  if (operator === 'overlaps' || operator === 'cone') {
    refuseField(operator, json, path, problems);
    return operator === 'cone' ? parseCone(value, problems) : parseTimeRange(value, problems);
  }
  const isFieldless = !('dim' in json) && !('table' in json) && !('column' in json);
  const field = operator === 'within_last' && isFieldless ? OBS_TIME : parseField(json, path, problems);
  return operator === null || field === null ? null : parseComparison(operator, field, value, problems);
}

function parseOperator(json: JsonObject, path: Path, problems: FilterProblems): FilterOperator | null {
  const operator = json['operator'];
  const known = FILTER_OPERATORS.find((name) => name === operator);
  if (known !== undefined) return known;
  return problems.report(
    'filter.unknown_operator',
    [...path, 'operator'],
    `must be one of ${FILTER_OPERATORS.join(', ')}${near(operator, FILTER_OPERATORS)}`,
  );
}

function refuseField(
  operator: 'overlaps' | 'cone',
  json: JsonObject,
  path: Path,
  problems: FilterProblems,
): void {
  const subject = operator === 'cone' ? "the item's own position" : "the item's own observation time";
  for (const key of ['dim', 'table', 'column', 'json_path'].filter((name) => name in json)) {
    problems.report('filter.malformed', [...path, key], `"${operator}" looks at ${subject}: remove "${key}"`);
  }
}

function parseField(json: JsonObject, path: Path, problems: FilterProblems): Field | null {
  if (!('dim' in json)) return parseColumn(json, path, problems);
  for (const key of ['table', 'column', 'json_path'].filter((name) => name in json)) {
    problems.report(
      'filter.malformed',
      [...path, key],
      `a rule has either "dim" or "table" and "column": remove "${key}" or "dim"`,
    );
  }
  const name = json['dim'];
  if (typeof name === 'string' && DIMENSION_NAME.test(name)) return { kind: 'dim', name };
  return problems.report(
    'filter.bad_dimension',
    [...path, 'dim'],
    'must be a dimension name: a letter or underscore, then letters, digits and underscores, at most 63',
  );
}

function parseColumn(json: JsonObject, path: Path, problems: FilterProblems): Field | null {
  const table = json['table'];
  if (typeof table !== 'string' || !isFilterTable(table)) {
    return problems.report(
      'filter.unknown_table',
      [...path, 'table'],
      `must be one of ${FILTER_TABLE_NAMES.join(', ')}${near(table, FILTER_TABLE_NAMES)}, or use "dim" for a dimension`,
    );
  }
  const name = json['column'];
  const found = typeof name === 'string' ? findColumn(table, name) : undefined;
  if (found === undefined) {
    const names = Object.keys(columnsOf(table));
    return problems.report(
      'filter.unknown_column',
      [...path, 'column'],
      `must be a column of ${table}: ${names.join(', ')}${near(name, names)}`,
    );
  }
  const { type, sql } = found.column;
  if (type === 'json') return parseJsonField({ table, column: found.name, sql }, json, path, problems);
  if ('json_path' in json) {
    return problems.report(
      'filter.bad_json_path',
      [...path, 'json_path'],
      `${table}.${found.name} is not a JSON column: remove "json_path"`,
    );
  }
  return { kind: 'column', table, column: found.name, sql, type };
}

function parseJsonField(
  column: { table: FilterTable; column: string; sql: string },
  json: JsonObject,
  path: Path,
  problems: FilterProblems,
): Field | null {
  const segments = typeof json['json_path'] === 'string' ? parseJsonPath(json['json_path']) : null;
  if (segments !== null) return { kind: 'json', ...column, path: segments };
  return problems.report(
    'filter.bad_json_path',
    [...path, 'json_path'],
    `${column.table}.${column.column} holds JSON: "json_path" must name a value in it, like "observation.frequency_ghz" or "bands.0.name"`,
  );
}
