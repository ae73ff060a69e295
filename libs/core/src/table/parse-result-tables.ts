import type { DocumentReader } from '../definition/document-reader.js';
import {
  RESULT_COLUMN_TYPES,
  OWN_COLUMNS,
  TABLE_SUBJECTS,
  type FlagBit,
  type ResultColumn,
  type ResultTable,
} from './result-table.js';

const TABLE_KEYS = ['name', 'description', 'rows_of', 'key', 'columns', 'as_input'] as const;
const COLUMN_KEYS = ['name', 'type', 'unit', 'description', 'section', 'nullable', 'bits'] as const;
const BIT_KEYS = ['bit', 'name', 'description'] as const;

/** PostgreSQL cuts names at 63 bytes; what is added to a table's name must fit as well. */
const NAME = { pattern: /^[a-z][a-z0-9_]{0,29}$/, describe: 'a name of a-z, 0-9 and "_" (30 at most)' };
const COLUMN_NAME = {
  pattern: /^[a-z][a-z0-9_]{0,59}$/,
  describe: 'a name of a-z, 0-9 and "_" (60 at most)',
};
const HIGHEST_BIT = 30;
/** FITS allows 999 columns, of which some are Meridian's own. */
const MOST_COLUMNS = 900;
/** Their names are files of the same folder, and relations of the same schema. */
const RESERVED_TABLES: readonly string[] = ['outcomes'];

/** `tables` of a software version; problems go into the reader's list. */
export function parseResultTables(reader: DocumentReader): ResultTable[] {
  const tables = reader.objects('tables', TABLE_KEYS, parseTable);
  for (const [index, { name }] of tables.entries()) {
    if (RESERVED_TABLES.includes(name))
      reader.report('table.reserved_name', ['tables', index, 'name'], `"${name}" is kept for Meridian's own`);
    if (tables.findIndex((other) => other.name === name) < index)
      reader.report('table.twice', ['tables', index, 'name'], `there is another table "${name}"`);
  }
  return tables;
}

function parseTable(reader: DocumentReader): ResultTable {
  const columns = reader.objects('columns', COLUMN_KEYS, parseColumn);
  reportColumns(reader, columns);
  const table = {
    name: reader.requiredText('name', NAME),
    description: reader.optionalText('description') ?? '',
    rows_of: reader.choice('rows_of', TABLE_SUBJECTS, 'item'),
    key: reader.textList('key'),
    columns,
    ...(reader.boolean('as_input', false) ? ({ as_input: true } as const) : {}),
  };
  for (const [index, name] of table.key.entries()) {
    const column = columns.find((one) => one.name === name);
    if (column === undefined)
      reader.report('table.unknown_column', ['key', index], `there is no column "${name}"`);
    else if (column.nullable)
      reader.report(
        'table.nullable_key',
        ['key', index],
        `"${name}" tells rows apart: it may not be nullable`,
      );
    else if (column.type === 'float32' || column.type === 'float64')
      reader.report('table.inexact_key', ['key', index], `"${name}" tells rows apart: it may not be inexact`);
  }
  return table;
}

function reportColumns(reader: DocumentReader, columns: readonly ResultColumn[]): void {
  if (columns.length === 0) reader.report('table.no_columns', 'columns', 'a table needs at least one column');
  if (columns.length > MOST_COLUMNS)
    reader.report('table.too_many_columns', 'columns', `a table has ${MOST_COLUMNS} columns at most`);
  for (const [index, { name }] of columns.entries()) {
    if ((OWN_COLUMNS as readonly string[]).includes(name))
      reader.report(
        'table.reserved_name',
        ['columns', index, 'name'],
        `"${name}" is kept for Meridian's own`,
      );
    if (columns.findIndex((other) => other.name === name) < index)
      reader.report('table.twice', ['columns', index, 'name'], `there is another column "${name}"`);
  }
}

function parseColumn(reader: DocumentReader): ResultColumn {
  const type = reader.choice('type', RESULT_COLUMN_TYPES, null);
  const bits = reader.objects('bits', BIT_KEYS, parseBit);
  if (type !== 'flags' && bits.length > 0)
    reader.report('table.no_flags', 'bits', 'only a column of type flags has bits');
  if (type === 'flags' && bits.length === 0)
    reader.report('definition.required', 'bits', 'a column of type flags says what its bits mean');
  for (const [index, { bit, name }] of bits.entries()) {
    if (bits.findIndex((other) => other.bit === bit || other.name === name) < index)
      reader.report('table.twice', ['bits', index], `bit ${bit} "${name}" is there already`);
  }
  return {
    name: reader.requiredText('name', COLUMN_NAME),
    type,
    unit: reader.optionalText('unit', PRINTABLE) ?? '',
    description: reader.optionalText('description') ?? '',
    section: reader.optionalText('section') ?? '',
    // Flags that were not raised are 0.
    nullable: reader.boolean('nullable', type !== 'flags'),
    bits,
  };
}

const PRINTABLE = { pattern: /^[ -~]{0,68}$/, describe: 'a unit of 68 ASCII characters at most' };

const parseBit = (reader: DocumentReader): FlagBit => ({
  bit: reader.integer('bit', 0, { min: 0, max: HIGHEST_BIT }),
  name: reader.requiredText('name', COLUMN_NAME),
  description: reader.optionalText('description') ?? '',
});
