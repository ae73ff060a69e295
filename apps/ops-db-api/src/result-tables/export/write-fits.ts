import {
  comment,
  encodeChecksum,
  keyword,
  onesComplementSum,
  paddingOf,
  primaryHeader,
  rowLength,
  tableHeader,
  writeRow,
  type TableField,
} from '@meridian/core';
import type { ExportHead, TableWriter } from './table-writer.js';

const NO_CHECKSUM = '0'.repeat(16);

/**
 * A FITS binary table: an empty primary unit, and one extension with units, descriptions, sections and checksums.
 *
 * The header comes before the rows and is written after them, because only then their sum is known: it is as long with any.
 */
export const writeFits: TableWriter = async (file, head, rows) => {
  const fields = head.columns.map((column, index): TableField => ({
    ...column,
    width: Math.max(head.extent.widths[`c${index}`] ?? 1, 1),
  }));
  const primary = withChecksum((checksum) => primaryHeader(cardsOf(head), checksum));
  const start = primary.length + headerOf(fields, head, 0).length;
  const length = rowLength(fields);
  let at = start;
  let dataSum = 0;
  // Sums are of words of four bytes: what is left over of a batch is added with the next.
  let left: Uint8Array = new Uint8Array(0);
  const write = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes, 0, bytes.length, at);
    at += bytes.length;
    const joined = Buffer.concat([left, bytes]);
    const whole = joined.length - (joined.length % 4);
    dataSum = onesComplementSum(joined.subarray(0, whole), dataSum);
    left = joined.subarray(whole);
  };
  for await (const batch of rows) {
    const view = new DataView(new ArrayBuffer(batch.length * length));
    batch.reduce((offset, row) => writeRow(fields, row, view, offset), 0);
    await write(new Uint8Array(view.buffer));
  }
  await write(new Uint8Array(paddingOf(at - start)));
  const header = headerOf(fields, head, dataSum);
  await file.write(primary, 0, primary.length, 0);
  await file.write(header, 0, header.length, primary.length);
};

const headerOf = (fields: readonly TableField[], head: ExportHead, dataSum: number): Uint8Array =>
  withChecksum(
    (checksum) =>
      tableHeader({
        name: head.table,
        fields,
        rows: head.extent.rows,
        cards: cardsOf(head),
        checksum,
        dataSum,
      }),
    dataSum,
  );

/** A header whose CHECKSUM makes the sum of its unit all ones. */
function withChecksum(build: (checksum: string) => Uint8Array, dataSum = 0): Uint8Array {
  return build(encodeChecksum(onesComplementSum(build(NO_CHECKSUM), dataSum)));
}

const cardsOf = ({ software, createdAt, description, key }: ExportHead) => [
  keyword('DATE', createdAt.toISOString().slice(0, 19), 'when this file was written, UTC'),
  keyword('ORIGIN', 'Meridian', ''),
  keyword('CREATOR', software, 'software that measured the rows'),
  ...(description === '' ? [] : [comment(description)]),
  ...(key.length === 0 ? [] : [comment(`Rows of one subject are told apart by ${key.join(', ')}.`)]),
];
