import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FITS_BLOCK, FitsHeader } from './fits-header.mjs';
import { encodeFitsImage, locateFloatPixels, readFitsHeader, readFitsImage } from './fits-image.mjs';

const directory = mkdtempSync(join(tmpdir(), 'fits-image-'));
after(() => rmSync(directory, { recursive: true }));

function store(name, bytes) {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const padded = (bytes) =>
  Buffer.concat([bytes, Buffer.alloc((FITS_BLOCK - (bytes.length % FITS_BLOCK)) % FITS_BLOCK)]);

function unit(keywords, data = Buffer.alloc(0)) {
  const header = new FitsHeader();
  for (const [keyword, value] of Object.entries(keywords)) header.set(keyword, value);
  return Buffer.concat([header.toBlocks(), padded(data)]);
}

const image = (width, height, pixels, keywords = {}) => {
  const header = new FitsHeader();
  for (const [keyword, value] of Object.entries(keywords)) header.set(keyword, value);
  return { header, width, height, pixels };
};

function bigEndian(method, size, values) {
  const bytes = Buffer.alloc(size * values.length);
  values.forEach((value, i) => bytes[method](value, i * size));
  return bytes;
}

test('a float image comes back as it was, NaN and header included', async () => {
  const pixels = Float32Array.from([1.5, -2, NaN, 3e30, 0, -0.25]);
  const path = store('float.fits', encodeFitsImage(image(3, 2, pixels, { OBJECT: 'M17', EXPTIME: 7.8 })));
  const back = await readFitsImage(path);
  assert.deepEqual(
    [back.width, back.height, back.pixels, back.header.get('OBJECT'), back.header.get('EXPTIME')],
    [3, 2, pixels, 'M17', 7.8],
  );
});

test('unsigned 16-bit counts use the whole range', async () => {
  const pixels = Float32Array.from([0, 1, 32767, 32768, 65534, 65535]);
  const path = store(
    'unsigned.fits',
    encodeFitsImage({ ...image(6, 1, pixels), bitpix: 16, unsigned: true }),
  );
  assert.deepEqual((await readFitsImage(path)).pixels, pixels);
});

test('every pixel type is read, with its scaling and blanks', async () => {
  const cases = [
    [8, Buffer.from([0, 255, 7]), { BLANK: 7, BSCALE: 2, BZERO: -1 }, [-1, 509, NaN]],
    [16, bigEndian('writeInt16BE', 2, [-32768, 5, -99]), { BLANK: -99, BZERO: 32768 }, [0, 32773, NaN]],
    [
      32,
      bigEndian('writeInt32BE', 4, [-2147483648, 123456789, 0]),
      { BSCALE: 0.5 },
      [-1073741824, 61728394.5, 0],
    ],
    [64, bigEndian('writeBigInt64BE', 8, [-5n, 2n ** 40n + 1n, 3n]), {}, [-5, 2 ** 40 + 1, 3]],
    [-32, bigEndian('writeFloatBE', 4, [1.5, NaN, -2]), { BSCALE: 2 }, [3, NaN, -4]],
    [-64, bigEndian('writeDoubleBE', 8, [0.1, NaN, 1e300]), {}, [0.1, NaN, 1e300]],
  ];
  for (const [bitpix, data, scaling, expected] of cases) {
    const path = store(
      `bitpix${bitpix}.fits`,
      unit({ SIMPLE: true, BITPIX: bitpix, NAXIS: 2, NAXIS1: 3, NAXIS2: 1, ...scaling }, data),
    );
    assert.deepEqual(Array.from((await readFitsImage(path)).pixels), expected, `BITPIX ${bitpix}`);
  }
});

test('gzip is recognised by content, not by name', async () => {
  const pixels = Float32Array.from([1, 2, 3, 4]);
  const path = store('compressed.fits', gzipSync(encodeFitsImage(image(2, 2, pixels, { OBJECT: 'zipped' }))));
  assert.deepEqual((await readFitsImage(path)).pixels, pixels);
  assert.equal((await readFitsHeader(path)).get('OBJECT'), 'zipped');
});

test('without a primary image the first image extension counts, tables are passed over', async () => {
  const primary = unit({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true, TELESCOP: 'VLT' });
  const table = unit(
    { XTENSION: 'BINTABLE', BITPIX: 8, NAXIS: 2, NAXIS1: 10, NAXIS2: 400, PCOUNT: 0, GCOUNT: 1 },
    Buffer.alloc(4000, 1),
  );
  const pixels = Float32Array.from([9, 8]);
  const extension = encodeFitsImage({ ...image(2, 1, pixels, { FILTER: 'K' }), extension: 'SCI' });
  const { header, pixels: back } = await readFitsImage(
    store('extension.fits', Buffer.concat([primary, table, extension])),
  );
  assert.deepEqual([back, header.get('FILTER'), header.get('TELESCOP')], [pixels, 'K', 'VLT']);
});

test('further axes of length one do no harm', async () => {
  const path = store(
    'cube.fits',
    unit(
      { SIMPLE: true, BITPIX: 8, NAXIS: 4, NAXIS1: 2, NAXIS2: 1, NAXIS3: 1, NAXIS4: 1 },
      Buffer.from([3, 4]),
    ),
  );
  assert.deepEqual(Array.from((await readFitsImage(path)).pixels), [3, 4]);
});

test('a last block without its padding is still complete', async () => {
  const whole = encodeFitsImage(image(2, 1, Float32Array.from([1, 2])));
  assert.deepEqual(
    Array.from((await readFitsImage(store('unpadded.fits', whole.subarray(0, FITS_BLOCK + 8)))).pixels),
    [1, 2],
  );
});

const emptyPrimary = unit({ SIMPLE: true, BITPIX: 8, NAXIS: 0 });

const tableUnit = (more = {}) =>
  unit({ XTENSION: 'BINTABLE', BITPIX: 8, NAXIS: 2, NAXIS1: 4, NAXIS2: 1, ...more }, Buffer.alloc(4));

test('bad files are named, with what to do', async () => {
  const whole = encodeFitsImage(image(64, 64, new Float32Array(4096)));
  const cases = [
    ['empty.fits', Buffer.alloc(0), /empty.*copy it again/],
    ['text.fits', Buffer.from('hello'.repeat(1000)), /not a FITS file.*take it out/],
    [
      'short.fits',
      whole.subarray(0, 5000),
      /truncated: the header promises 16384 bytes of data, the file has 2120; copy it again/,
    ],
    ['half-header.fits', whole.subarray(0, 1000), /ends inside a header/],
    ['cut.fits.gz', gzipSync(whole).subarray(0, 60), /gzip stream.*copy it again/],
    ['table.fits', Buffer.concat([emptyPrimary, tableUnit()]), /no two-dimensional image/],
    ['packed.fits', Buffer.concat([emptyPrimary, tableUnit({ ZIMAGE: true })]), /funpack/],
    [
      'cube.fits',
      unit({ SIMPLE: true, BITPIX: 8, NAXIS: 3, NAXIS1: 2, NAXIS2: 1, NAXIS3: 2 }, Buffer.alloc(4)),
      /no two-dimensional image/,
    ],
    [
      'type.fits',
      unit({ SIMPLE: true, BITPIX: 12, NAXIS: 2, NAXIS1: 2, NAXIS2: 1 }, Buffer.alloc(3)),
      /BITPIX 12/,
    ],
  ];
  for (const [name, bytes, message] of cases) {
    const path = store(name, bytes);
    await assert.rejects(
      readFitsImage(path),
      (error) =>
        error.name === 'BadInputError' &&
        error.message.startsWith(`${path}: `) &&
        message.test(error.message),
      name,
    );
  }
});

test('rows of a plain float image can be located, others not', async () => {
  const pixels = new Float32Array(4);
  const plain = store('plain.fits', encodeFitsImage(image(2, 2, pixels)));
  const packed = store('plain.fits.gz', gzipSync(encodeFitsImage(image(2, 2, pixels))));
  assert.equal((await locateFloatPixels(plain)).offset, FITS_BLOCK);
  assert.equal(await locateFloatPixels(packed), null);
});
