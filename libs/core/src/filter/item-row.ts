import type { Dims, Json, JsonObject } from '../shared/json.js';
import type { FilterTable } from './column-catalogue.js';
import type { Field } from './filter.js';
import { valueAt } from './json-path.js';

/** The columns of one joined row; times are ISO 8601 texts, UUIDs lower-case. */
export type TableRow = Readonly<Record<string, Json>>;

/**
 * A DataItem with the rows that belong to it, as filters and groupings see it. Names are those of the columns.
 *
 * Times are ISO 8601 texts (`toISOString()` of a Date will do). A table that is not in `tables` has no row for this item.
 */
export interface ItemRow {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly content_hash: string;
  readonly size_bytes: number;
  readonly obs_time: string | null;
  readonly obs_time_end: string | null;
  readonly ra_deg: number | null;
  readonly dec_deg: number | null;
  readonly registered_at: string;
  readonly dims: Dims;
  readonly metadata: JsonObject;
  readonly tables: Partial<Readonly<Record<Exclude<FilterTable, 'DataItem'>, TableRow>>>;
}

/** What a field holds in a row; null when it is missing in any way. */
export function fieldOf(field: Field, row: ItemRow): Json {
  if (field.kind === 'dim') return ownValue(row.dims, field.name);
  const columns = field.table === 'DataItem' ? itemColumns(row) : (row.tables[field.table] ?? {});
  const value = ownValue(columns, field.column);
  return field.kind === 'json' ? (valueAt(value, field.path) ?? null) : value;
}

const itemColumns = ({ dims: _dims, tables: _tables, ...columns }: ItemRow): TableRow => columns;

const ownValue = (record: Readonly<Record<string, Json>>, name: string): Json =>
  Object.hasOwn(record, name) ? (record[name] ?? null) : null;
