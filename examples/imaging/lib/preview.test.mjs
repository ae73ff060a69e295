import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { encodeGrayPng } from './png.mjs';
import { renderPreview } from './preview.mjs';
import { syntheticImage } from './synthetic-image.mjs';

/** Undoes what the encoder may do: filter 2 on every row. */
function decodePng(bytes) {
  assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map();
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    chunks.set(bytes.toString('latin1', at + 4, at + 8), {
      at,
      data: bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)),
    });
  const header = chunks.get('IHDR').data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(chunks.get('IDAT').data);
  const gray = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    assert.equal(rows[y * (width + 1)], 2);
    for (let x = 0; x < width; x++)
      gray[y * width + x] = rows[y * (width + 1) + 1 + x] + (y > 0 ? gray[(y - 1) * width + x] : 0);
  }
  return { width, height, gray, chunks };
}

test('a picture survives encoding', () => {
  const gray = Uint8Array.from({ length: 12 }, (_, i) => (i * 97) % 256);
  const back = decodePng(encodeGrayPng(4, 3, gray));
  assert.deepEqual([back.width, back.height, back.gray], [4, 3, gray]);
});

test('chunks carry the checksum the standard asks for', () => {
  // The CRC of an empty IEND chunk is the same in every PNG ever written.
  const bytes = encodeGrayPng(1, 1, Uint8Array.of(0));
  assert.equal(bytes.readUInt32BE(bytes.length - 4), 0xae426082);
});

test('north is up: the top of the picture is the last row of the image', () => {
  const image = syntheticImage(40, 40, [{ x: 20, y: 35, flux: 5000 }]);
  const { gray } = decodePng(renderPreview(image, { stretch: 'asinh' }));
  assert.ok(gray[4 * 40 + 20] > 200 && gray[35 * 40 + 20] < 100);
});

test('large images shrink to the longest side, keeping their shape', () => {
  const { width, height } = decodePng(
    renderPreview(syntheticImage(300, 150, []), { stretch: 'log', maxSide: 100 }),
  );
  assert.deepEqual([width, height], [100, 50]);
});

test('stars are bright, sky is dark but not black, missing pixels are black', () => {
  const image = syntheticImage(200, 200, [{ x: 100, y: 100, flux: 20000 }], { sky: () => 1000, noise: 10 });
  image.pixels.fill(NaN, 0, 2000);
  const { gray } = decodePng(renderPreview(image, { stretch: 'asinh' }));
  const sky = gray.slice(0, 10000).reduce((sum, value) => sum + value, 0) / 10000;
  assert.ok(sky > 10 && sky < 70, `sky ${sky}`);
  assert.equal(gray[99 * 200 + 100], 255);
  assert.equal(gray[199 * 200 + 100], 0);
});

test('images of nothing, or of one value, are pictures too', () => {
  for (const value of [NaN, 5])
    assert.equal(
      decodePng(
        renderPreview(
          { width: 4, height: 4, pixels: new Float32Array(16).fill(value) },
          { stretch: 'linear' },
        ),
      ).gray.length,
      16,
    );
});

test('an unknown stretch is refused by name', () => {
  assert.throws(
    () => renderPreview(syntheticImage(4, 4, []), { stretch: 'cubic' }),
    /asinh, linear, log, not cubic/,
  );
});
