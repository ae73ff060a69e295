import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fitsImage, fitsUnit } from '../testing/fits-bytes.js';
import { readFitsUnits } from './fits-units.js';

const EMPTY = fitsUnit({ SIMPLE: true, BITPIX: 8, NAXIS: 0 });
const EXTENSION = fitsUnit(
  { XTENSION: 'IMAGE', BITPIX: 16, NAXIS: 2, NAXIS1: 3, NAXIS2: 2, PCOUNT: 0, GCOUNT: 1, EXTNAME: 'SCI' },
  Buffer.alloc(12),
);
const IMAGE = fitsImage([[1, 2]], { OBJECT: 'M17' });

/** What is found in `content`, and how many bytes were read for it. */
const unitsOf = async (content: Buffer, path = 'a.fits') => {
  let bytesRead = 0;
  const read = (offset: number, bytes: number) => {
    const part = content.subarray(offset, offset + bytes);
    bytesRead += part.length;
    return Promise.resolve(part);
  };
  return { ...(await readFitsUnits(read, path, content.length)), bytesRead };
};
const kindsOf = async (content: Buffer, path?: string) =>
  (await unitsOf(content, path)).units.map(({ kind }) => kind);

describe('the units of a FITS file', () => {
  it('are found one after another, with where their data begin', async () => {
    const { units, problem } = await unitsOf(Buffer.concat([EMPTY, EXTENSION, EXTENSION]));
    expect(units.map(({ kind, shape, dataOffset }) => [kind, shape, dataOffset])).toEqual([
      ['primary', [], 2880],
      ['image', [3, 2], 5760],
      ['image', [3, 2], 11520],
    ]);
    expect(problem).toBeNull();
  });

  it('are found without reading their data', async () => {
    const rows = Array.from({ length: 1000 }, () => new Array<number>(1000).fill(1));
    const { units, bytesRead } = await unitsOf(Buffer.concat([fitsImage(rows), EXTENSION]));
    expect(units).toHaveLength(2);
    expect(bytesRead).toBeLessThan(60_000);
  });

  it('are found behind a header of any length up to a mebibyte', async () => {
    const long = Object.fromEntries(Array.from({ length: 9000 }, (_, n) => [`K${n}`, n]));
    const { units, problem } = await unitsOf(
      Buffer.concat([fitsUnit({ SIMPLE: true, BITPIX: 8, NAXIS: 0, ...long }), EXTENSION]),
    );
    expect([units.length, units[0]?.header.get('K8999'), problem]).toEqual([2, 8999, null]);
  });

  it('may lack their last padding, and be followed by something else', async () => {
    expect((await unitsOf(IMAGE.subarray(0, 2880 + 8))).problem).toBeNull();
    expect(await kindsOf(Buffer.concat([IMAGE, Buffer.alloc(2880, 'x')]))).toEqual(['primary']);
  });

  it('of a gzipped file are those that its beginning holds', async () => {
    expect(await kindsOf(gzipSync(Buffer.concat([EMPTY, EXTENSION])), 'a.fits.gz')).toEqual([
      'primary',
      'image',
    ]);
    const noise = fitsImage(
      Array.from({ length: 600 }, () => Array.from({ length: 600 }, () => Math.random())),
    );
    const { units, problem } = await unitsOf(gzipSync(Buffer.concat([noise, EXTENSION])), 'a.fits.gz');
    expect([units.length, problem]).toEqual([1, null]);
  });

  it.each([
    ['ends in its header', IMAGE.subarray(0, 100), 'the header of unit 0 does not end', true],
    ['ends in its data', IMAGE.subarray(0, 2880 + 7), 'the file ends within the data of unit 0', true],
    [
      'ends in the header of an extension',
      Buffer.concat([EMPTY, EXTENSION]).subarray(0, 3000),
      'the header of unit 1 does not end',
      true,
    ],
    [
      'has data without end',
      fitsUnit({ SIMPLE: true, BITPIX: 64, NAXIS: 3, NAXIS1: 2 ** 40, NAXIS2: 2 ** 40, NAXIS3: 2 ** 40 }),
      'unit 0 has no sensible size',
      true,
    ],
    ['is something else', Buffer.from('map'), 'it is not a FITS file', false],
    ['is empty', Buffer.alloc(0), 'it is not a FITS file', false],
  ])('a file that %s has a problem', async (_, content, problem, isFits) => {
    expect(await unitsOf(content)).toMatchObject({ problem, isFits });
  });

  it('a file that only its name says is gzipped has a problem', async () => {
    expect(await unitsOf(IMAGE, 'a.fits.gz')).toMatchObject({
      problem: 'it is not gzipped as its name says',
      isFits: false,
    });
  });

  it('whatever a file holds, reading it ends, and within bounds', async () => {
    const start = Buffer.from('SIMPLE  =                    T'.padEnd(80));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 9000 }),
        fc.nat(8000),
        fc.boolean(),
        async (noise, at, isWhole) => {
          const content = isWhole
            ? Buffer.concat([start, noise])
            : Buffer.concat([EMPTY, EXTENSION, EXTENSION]);
          if (!isWhole) content.set(noise.subarray(0, Math.max(0, content.length - at)), at);
          expect((await unitsOf(content)).units.length).toBeLessThanOrEqual(64);
        },
      ),
    );
  });
});
