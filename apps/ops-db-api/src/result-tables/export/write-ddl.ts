import type { ResultColumnType, ResultColumn } from '@meridian/core';
import type { TableWriter } from './table-writer.js';

const TYPES: Record<ResultColumnType, string> = {
  boolean: 'boolean',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double precision',
  text: 'text',
  timestamp: 'timestamp with time zone',
  flags: 'integer',
};

/** CREATE TABLE in standard SQL, with units and descriptions as comments behind the columns; no rows. */
export const writeDdl: TableWriter = async (file, { table, description, columns }) => {
  const lines = columns.map((column, index) => {
    const end = index < columns.length - 1 ? ',' : '';
    return `  ${quoted(column.name)} ${TYPES[column.type]}${end}${wordsOf(column)}\n`;
  });
  const heading = description === '' ? '' : `-- ${oneLine(description)}\n`;
  await file.write(`${heading}CREATE TABLE ${quoted(table)} (\n${lines.join('')});\n`);
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function wordsOf({ unit, description, bits }: ResultColumn): string {
  const words = [
    ...(unit === '' ? [] : [`[${unit}]`]),
    ...(description === '' ? [] : [oneLine(description)]),
    ...bits.map(({ bit, name }) => `bit ${bit} ${name}`),
  ];
  return words.length === 0 ? '' : ` -- ${words.join('; ')}`;
}
