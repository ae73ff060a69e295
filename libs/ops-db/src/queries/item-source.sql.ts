import { rawSql, sql, type FilterTable, type SqlFragment } from '@meridian/core';

// LEFT JOINs that give at most one row per item, in an order in which each comes after those it needs. What changes often
// is in the item's own row; these tables change seldom, and a change of one is recorded in relation_change.
const JOINS = {
  raw_data_file: { after: [], text: 'raw_data_file ON raw_data_file.item_id = item.id' },
  file_package: {
    after: [],
    text: 'raw_data_package AS file_package ON file_package.item_id = item.raw_data_package_id',
  },
  raw_data_package: { after: [], text: 'raw_data_package ON raw_data_package.item_id = item.id' },
  data_product: { after: [], text: 'data_product ON data_product.item_id = item.id' },
  executed_obs_unit: {
    after: [],
    text: 'executed_obs_unit ON executed_obs_unit.id = item.executed_obs_unit_id',
  },
  obs_unit: { after: ['executed_obs_unit'], text: 'obs_unit ON obs_unit.id = executed_obs_unit.obs_unit_id' },
  observing_program: {
    after: ['obs_unit'],
    text: 'observing_program ON observing_program.id = obs_unit.observing_program_id',
  },
  source: { after: ['obs_unit'], text: 'source ON source.id = obs_unit.source_id' },
  instrument_module: {
    after: [],
    text: 'instrument_module ON instrument_module.id = item.instrument_module_id',
  },
  instrument: {
    after: ['instrument_module', 'obs_unit'],
    text: 'instrument ON instrument.id = COALESCE(instrument_module.instrument_id, obs_unit.instrument_id)',
  },
  telescope: { after: ['instrument'], text: 'telescope ON telescope.id = instrument.telescope_id' },
  observatory: { after: ['telescope'], text: 'observatory ON observatory.id = telescope.observatory_id' },
} as const;
type JoinName = keyof typeof JOINS;

const JOINS_OF: Readonly<Record<FilterTable, readonly JoinName[]>> = {
  DataItem: [],
  RawDataFile: ['raw_data_file', 'file_package'],
  RawDataPackage: ['raw_data_package'],
  ExecutedObsUnit: ['executed_obs_unit'],
  ObsUnit: ['obs_unit'],
  ObservingProgram: ['observing_program'],
  Source: ['source'],
  InstrumentModule: ['instrument_module'],
  Instrument: ['instrument'],
  Telescope: ['telescope'],
  Observatory: ['observatory'],
  DataProduct: ['data_product'],
};

/**
 * What follows FROM for a compiled filter: data_item as `item`, and the tables of `tablesOf(filter)` under the aliases
 * that the filter's columns use, with nothing joined that is not needed. `rows` may be another relation with the columns
 * of data_item.
 *
 * Every item is there exactly once, whatever it lacks: all joins are LEFT joins on unique keys.
 */
export function itemSource(tables: Iterable<FilterTable>, rows = 'data_item'): SqlFragment {
  const needed = relationsOf(tables);
  const joins = (Object.keys(JOINS) as JoinName[])
    .filter((join) => needed.has(join))
    .map((join) => `\n  LEFT JOIN ${JOINS[join].text}`);
  return sql`${rawSql(rows)} AS item${rawSql(joins.join(''))}`;
}

/** The tables that a filter over `tables` reads beside data_item. */
export function relationsOf(tables: Iterable<FilterTable>): ReadonlySet<string> {
  const needed = new Set<JoinName>();
  for (const table of tables) JOINS_OF[table].forEach((join) => addWithNeeds(join, needed));
  return needed;
}

function addWithNeeds(name: JoinName, needed: Set<JoinName>): void {
  const join: { readonly after: readonly JoinName[] } = JOINS[name];
  join.after.forEach((earlier) => addWithNeeds(earlier, needed));
  needed.add(name);
}
