import { gzipSync } from 'node:zlib';
import type { FitsValue } from '@meridian/core';
import { decodeGrayPng } from '../testing/decode-png.js';
import { fitsImage, fitsUnit } from '../testing/fits-bytes.js';
import { makePreview } from './make-preview.js';
import { NoPicture } from './plane-parts.js';

const previewOf = async (content: Buffer, path = 'a.fits'): Promise<number[][]> => {
  const read = (offset: number, bytes: number) => Promise.resolve(content.subarray(offset, offset + bytes));
  return decodeGrayPng(await makePreview(read, path, content.length));
};

type Write = (bytes: Buffer, value: number, offset: number) => void;
const WRITERS: Readonly<Record<number, Write>> = {
  8: (bytes, value, offset) => bytes.writeUInt8(value, offset),
  16: (bytes, value, offset) => bytes.writeInt16BE(value, offset * 2),
  32: (bytes, value, offset) => bytes.writeInt32BE(value, offset * 4),
  64: (bytes, value, offset) => bytes.writeBigInt64BE(BigInt(value), offset * 8),
  [-32]: (bytes, value, offset) => bytes.writeFloatBE(value, offset * 4),
  [-64]: (bytes, value, offset) => bytes.writeDoubleBE(value, offset * 8),
};

/** Two columns and two rows: 1 2 at the bottom, 3 4 above. */
const imageOf = (bitpix: number, keywords: Record<string, FitsValue> = {}, values = [1, 2, 3, 4]): Buffer => {
  const data = Buffer.alloc((values.length * Math.abs(bitpix)) / 8);
  values.forEach((value, index) => WRITERS[bitpix]?.(data, value, index));
  return fitsUnit({ SIMPLE: true, BITPIX: bitpix, NAXIS: 2, NAXIS1: 2, NAXIS2: 2, ...keywords }, data);
};

/** Noise around 100 with a bright spot at column 30 and row 10 from the bottom, of 200 × 100. */
const FIELD = (() => {
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const rows = Array.from({ length: 100 }, () => Array.from({ length: 200 }, () => 100 + random()));
  for (let y = 9; y <= 11; y += 1) for (let x = 29; x <= 31; x += 1) (rows[y] ?? [])[x] = 5000;
  return rows;
})();

describe('a preview', () => {
  it.each([8, 16, 32, 64, -32, -64])(
    'of BITPIX %i has the first row of the file at the bottom',
    async (bitpix) => {
      const [[topLeft = 0, topRight = 0] = [], [bottomLeft = 0, bottomRight = 0] = []] = await previewOf(
        imageOf(bitpix),
      );
      expect(bottomLeft).toBeLessThan(bottomRight);
      expect(bottomRight).toBeLessThan(topLeft);
      expect(topLeft).toBeLessThan(topRight);
    },
  );

  it('has the scale of the file, so that one with a negative scale is not a negative', async () => {
    const negative = imageOf(16, { BZERO: 32768, BSCALE: -1 }, [-1, -2, -3, -4]);
    expect(await previewOf(negative)).toEqual(await previewOf(imageOf(16)));
  });

  it.each([
    ['BLANK', imageOf(16, { BLANK: 3 })],
    ['NaN', imageOf(-32, {}, [1, 2, Number.NaN, 4])],
    ['infinity', imageOf(-64, {}, [1, 2, Number.POSITIVE_INFINITY, 4])],
  ])('shows pixels without a value, %s, as black and nothing else so', async (_, content) => {
    const [[topLeft, topRight] = [], bottom] = await previewOf(content);
    expect(topLeft).toBe(0);
    expect(Math.min(topRight ?? 0, ...(bottom ?? []))).toBeGreaterThan(0);
  });

  it('of a cube is that of its first plane, and of an extension where the primary is empty', async () => {
    const cube = fitsUnit(
      { SIMPLE: true, BITPIX: 8, NAXIS: 3, NAXIS1: 2, NAXIS2: 2, NAXIS3: 2 },
      Buffer.from([1, 2, 3, 4, 9, 9, 9, 0]),
    );
    const shape = { BITPIX: 8, NAXIS: 2, NAXIS1: 2, NAXIS2: 2, PCOUNT: 0, GCOUNT: 1 };
    const extension = Buffer.concat([
      fitsUnit({ SIMPLE: true, BITPIX: 8, NAXIS: 0 }),
      fitsUnit({ XTENSION: 'IMAGE', ...shape }, Buffer.from([1, 2, 3, 4])),
    ]);
    const plain = await previewOf(imageOf(8));
    expect(await previewOf(cube)).toEqual(plain);
    expect(await previewOf(extension)).toEqual(plain);
  });

  it('shows a star on a dark sky, where it is', async () => {
    const rows = await previewOf(fitsImage(FIELD));
    expect([rows.length, rows[0]?.length]).toEqual([100, 200]);
    expect(rows[99 - 10]?.[30]).toBe(255);
    const sky = rows.flat().sort((a, b) => a - b)[10_000] ?? 255;
    expect(sky).toBeLessThan(120);
  });

  it('is the same of a gzipped file', async () => {
    const content = fitsImage(FIELD);
    expect(await previewOf(gzipSync(content), 'a.fits.gz')).toEqual(await previewOf(content));
  });

  it('has no side longer than 512 pixels, and keeps its proportions', async () => {
    const wide = Array.from({ length: 300 }, (_, y) => Array.from({ length: 2000 }, (_, x) => x + y));
    const rows = await previewOf(fitsImage(wide));
    expect([rows.length, rows[0]?.length]).toEqual([77, 512]);
    expect(rows[76]?.[0]).toBeLessThan(rows[0]?.[511] ?? 0);
  });

  it('of an image of many gigabytes reads a part of it, in parts of a mebibyte', async () => {
    const [width, height] = [4_000, 200_000];
    const header = fitsUnit({ SIMPLE: true, BITPIX: -32, NAXIS: 2, NAXIS1: width, NAXIS2: height });
    const row = Buffer.alloc(1 << 20);
    let [bytesRead, largest] = [0, 0];
    const read = (offset: number, bytes: number): Promise<Buffer> => {
      if (offset < header.length) return Promise.resolve(header.subarray(offset, offset + bytes));
      [bytesRead, largest] = [bytesRead + bytes, Math.max(largest, bytes)];
      row.fill(Math.floor((offset - header.length) / (width * 4) / 10_000));
      return Promise.resolve(row.subarray(0, bytes));
    };

    const rows = decodeGrayPng(await makePreview(read, 'a.fits', header.length + width * height * 4));

    expect([rows.length, rows[0]?.length]).toEqual([512, 10]);
    expect(rows[511]?.[0]).toBeLessThan(rows[0]?.[0] ?? 0);
    expect(bytesRead).toBeLessThan(40 * 2 ** 20);
    expect(largest).toBeLessThanOrEqual(1 << 20);
  });

  it.each([
    ['a table', fitsUnit({ SIMPLE: true, BITPIX: 8, NAXIS: 0 }), 'there is no image in it'],
    [
      'a spectrum',
      fitsUnit({ SIMPLE: true, BITPIX: 8, NAXIS: 1, NAXIS1: 9 }, Buffer.alloc(9)),
      'there is no image in it',
    ],
    [
      'an image without values',
      fitsImage([
        [NaN, NaN],
        [NaN, NaN],
      ]),
      'none of its pixels has a value',
    ],
    ['an image that is cut off', fitsImage(FIELD).subarray(0, 9000), 'the file ends within the image'],
    ['something else', Buffer.from('map'), 'it is not a FITS file'],
  ])('cannot be made of %s', async (_, content, message) => {
    await expect(previewOf(content)).rejects.toEqual(new NoPicture(message));
  });

  it('cannot be made of a gzipped file that is cut off or damaged', async () => {
    const packed = gzipSync(fitsImage(FIELD));
    await expect(previewOf(packed.subarray(0, packed.length / 2), 'a.fits.gz')).rejects.toThrow();
  });
});
