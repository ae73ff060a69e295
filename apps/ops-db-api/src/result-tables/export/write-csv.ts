import type { JsonScalar } from '@meridian/core';
import type { TableWriter } from './table-writer.js';

/** RFC 4180 with a line of names; null is an empty field, an empty text is quoted. Lines end with LF. */
export const writeCsv: TableWriter = async (file, { columns }, rows) => {
  await file.write(`${columns.map(({ name }) => field(name)).join(',')}\n`);
  for await (const batch of rows)
    await file.write(batch.map((row) => `${row.map(field).join(',')}\n`).join(''));
};

const NEEDS_QUOTES = /^$|[",\r\n]|^\s|\s$/;

function field(value: JsonScalar): string {
  if (value === null) return '';
  const text = String(value);
  return typeof value === 'string' && NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
