import { BLOCK_LENGTH, formatCards, type FitsValue } from '@meridian/core';

type Keywords = Readonly<Record<string, FitsValue>>;

/** A unit of a FITS file: these keywords, END, and the data; both are padded to whole blocks. */
export function fitsUnit(keywords: Keywords, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const cards = Object.entries(keywords).flatMap(([keyword, value]) =>
    formatCards({ keyword, value, comment: '' }),
  );
  const header = Buffer.from(`${cards.join('')}${'END'.padEnd(80)}`, 'latin1');
  return Buffer.concat([padded(header, 0x20), padded(data, 0)]);
}

const padded = (bytes: Uint8Array, filling: number): Buffer =>
  Buffer.concat([
    bytes,
    Buffer.alloc((BLOCK_LENGTH - (bytes.length % BLOCK_LENGTH)) % BLOCK_LENGTH, filling),
  ]);

/** A primary unit with an image of 32-bit floating point numbers, row by row from the bottom. */
export function fitsImage(rows: readonly (readonly number[])[], keywords: Keywords = {}): Buffer {
  const data = Buffer.alloc(rows.length * (rows[0]?.length ?? 0) * 4);
  rows.flat().forEach((value, index) => data.writeFloatBE(value, index * 4));
  const shape = { SIMPLE: true, BITPIX: -32, NAXIS: 2, NAXIS1: rows[0]?.length ?? 0, NAXIS2: rows.length };
  return fitsUnit({ ...shape, ...keywords }, data);
}
