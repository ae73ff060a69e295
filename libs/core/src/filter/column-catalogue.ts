import { PRODUCT_TYPES } from '../output/product-type.js';

/** How a column's values compare; `json` columns are read through a `json_path` and compare like dimensions. */
export type ColumnType = 'text' | 'enum' | 'uuid' | 'integer' | 'float' | 'boolean' | 'timestamp' | 'json';

export interface Column {
  readonly type: ColumnType;
  /** Expression over the aliases of `item-source.sql.ts` in ops-db. */
  readonly sql: string;
  /** The closed set of an `enum` column, in the spelling that is stored. */
  readonly values?: readonly string[];
}

const column = (type: ColumnType, sql: string): Column => ({ type, sql });
const oneOf = (sql: string, ...values: readonly string[]): Column => ({ type: 'enum', sql, values });

/** A column of the item itself that counts only for items of the table's own kind. */
const ofOwnItem = (
  type: ColumnType,
  table: 'raw_data_file' | 'raw_data_package' | 'data_product',
  name: string,
): Column => column(type, `(CASE WHEN item.kind = '${table.toUpperCase()}' THEN item.${name} END)`);

const PACKAGE_STATES = ['WAITING', 'TRANSFERRING', 'ARCHIVED', 'FAILED'] as const;

/**
 * What a filter rule may name as `table` and `column`.
 *
 * DataItem is the item itself. RawDataFile, RawDataPackage and DataProduct are the item's own row of that kind, so
 * a rule on RawDataPackage is true only for packages: it never selects a package and its files together.
 * The other tables are reached from a raw file (or from the package it lies in) or a raw package; for a product they
 * are absent, and its dimensions say the same.
 */
export const FILTER_TABLES = {
  DataItem: {
    id: column('integer', 'item.id'),
    kind: oneOf('item.kind', 'RAW_DATA_FILE', 'RAW_DATA_PACKAGE', 'DATA_PRODUCT'),
    name: column('text', 'item.name'),
    content_hash: column('text', 'item.content_hash'),
    size_bytes: column('integer', 'item.size_bytes'),
    obs_time: column('timestamp', 'item.obs_time'),
    obs_time_end: column('timestamp', 'item.obs_time_end'),
    ra_deg: column('float', 'item.ra_deg'),
    dec_deg: column('float', 'item.dec_deg'),
    registered_at: column('timestamp', 'item.registered_at'),
    metadata: column('json', 'item.metadata'),
  },
  RawDataFile: {
    name: ofOwnItem('text', 'raw_data_file', 'name'),
    external_id: column('text', 'raw_data_file.external_id'),
    size_bytes: ofOwnItem('integer', 'raw_data_file', 'size_bytes'),
    metadata: ofOwnItem('json', 'raw_data_file', 'metadata'),
    package_external_id: column('text', 'file_package.external_id'),
    package_state: oneOf(
      "(CASE WHEN item.kind = 'RAW_DATA_FILE' THEN item.package_state END)",
      ...PACKAGE_STATES,
    ),
  },
  RawDataPackage: {
    name: ofOwnItem('text', 'raw_data_package', 'name'),
    external_id: column('text', 'raw_data_package.external_id'),
    state: oneOf("(CASE WHEN item.kind = 'RAW_DATA_PACKAGE' THEN item.package_state END)", ...PACKAGE_STATES),
    size_bytes: ofOwnItem('integer', 'raw_data_package', 'size_bytes'),
    metadata: ofOwnItem('json', 'raw_data_package', 'metadata'),
  },
  ExecutedObsUnit: {
    id: column('uuid', 'item.executed_obs_unit_id'),
    started_at: column('timestamp', 'executed_obs_unit.started_at'),
    finished_at: column('timestamp', 'item.observation_finished_at'),
    status: oneOf('item.observation_status', 'RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'),
    metadata: column('json', 'executed_obs_unit.metadata'),
  },
  ObsUnit: {
    id: column('integer', 'obs_unit.id'),
    name: column('text', 'obs_unit.name'),
    line: column('text', 'obs_unit.line'),
    metadata: column('json', 'obs_unit.metadata'),
  },
  ObservingProgram: {
    id: column('integer', 'observing_program.id'),
    name: column('text', 'observing_program.name'),
    title: column('text', 'observing_program.title'),
    lead: column('text', 'observing_program.lead'),
  },
  Source: {
    id: column('integer', 'source.id'),
    name: column('text', 'source.name'),
    kind: oneOf('source.kind', 'FIXED', 'SOLAR_SYSTEM', 'CONSTANT_ELEVATION'),
    ra_deg: column('float', 'source.ra_deg'),
    dec_deg: column('float', 'source.dec_deg'),
    naif_id: column('integer', 'source.naif_id'),
    elevation_deg: column('float', 'source.elevation_deg'),
    metadata: column('json', 'source.metadata'),
  },
  InstrumentModule: {
    id: column('integer', 'instrument_module.id'),
    name: column('text', 'instrument_module.name'),
  },
  Instrument: {
    id: column('integer', 'instrument.id'),
    name: column('text', 'instrument.name'),
    available: column('boolean', 'instrument.available'),
  },
  Telescope: {
    id: column('integer', 'telescope.id'),
    name: column('text', 'telescope.name'),
    latitude_deg: column('float', 'telescope.latitude_deg'),
    longitude_deg: column('float', 'telescope.longitude_deg'),
    altitude_m: column('float', 'telescope.altitude_m'),
  },
  Observatory: {
    id: column('integer', 'observatory.id'),
    name: column('text', 'observatory.name'),
  },
  DataProduct: {
    name: ofOwnItem('text', 'data_product', 'name'),
    run_id: column('integer', 'data_product.run_id'),
    type: oneOf('data_product.type', ...PRODUCT_TYPES),
    path: column('text', 'data_product.path'),
    description: column('text', 'data_product.description'),
    metrics: column('json', 'data_product.metrics'),
    superseded_at: column('timestamp', 'data_product.superseded_at'),
    metadata: ofOwnItem('json', 'data_product', 'metadata'),
  },
} as const satisfies Record<string, Readonly<Record<string, Column>>>;

export type FilterTable = keyof typeof FILTER_TABLES;

export const FILTER_TABLE_NAMES = Object.keys(FILTER_TABLES) as readonly FilterTable[];

/** CCAT's name of a column, where ours is another. */
const COLUMN_ALIASES: Readonly<Record<string, string>> = { 'ObsUnit.line_id': 'line' };

/** True for the name of a table that rules may use; names are case-sensitive. */
export const isFilterTable = (name: string): name is FilterTable => Object.hasOwn(FILTER_TABLES, name);

/** The columns of a table, by name. */
export const columnsOf = (table: FilterTable): Readonly<Record<string, Column>> => FILTER_TABLES[table];

/** A column under its own name or CCAT's, with the name it is stored under; undefined when there is none. */
export function findColumn(table: FilterTable, name: string): { name: string; column: Column } | undefined {
  const own = COLUMN_ALIASES[`${table}.${name}`] ?? name;
  const columns = columnsOf(table);
  const found = Object.hasOwn(columns, own) ? columns[own] : undefined;
  return found === undefined ? undefined : { name: own, column: found };
}
