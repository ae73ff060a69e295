import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { combine } from './combine.mjs';
import { FitsHeader } from './fits-header.mjs';
import { encodeFitsImage } from './fits-image.mjs';
import { buildMosaic } from './mosaic-bands.mjs';
import { planGrid } from './mosaic-grid.mjs';
import { syntheticImage } from './synthetic-image.mjs';
import { Wcs } from './wcs.mjs';

const directory = mkdtempSync(join(tmpdir(), 'mosaic-bands-'));
after(() => rmSync(directory, { recursive: true }));

const SCALE = 1 / 3600;
const skyWcs = (crpix, angle = 0, scale = SCALE) =>
  new Wcs({
    projection: 'TAN',
    crval: [150, 30],
    crpix,
    cd: [-scale * Math.cos(angle), scale * Math.sin(angle), scale * Math.sin(angle), scale * Math.cos(angle)],
  });
const total = (pixels) => pixels.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);

let written = 0;
function frameOf(image, wcs, rest = {}) {
  const path = join(directory, `frame-${written++}.fits`);
  writeFileSync(path, encodeFitsImage({ ...image, header: new FitsHeader() }));
  return {
    path,
    name: path,
    width: image.width,
    height: image.height,
    box: { x0: 0, x1: image.width, y0: 0, y1: image.height },
    wcs,
    factor: 1,
    offset: 0,
    noise: 1,
    ...rest,
  };
}

const OPTIONS = { method: 'clipped_mean', clipSigma: 4, featherPixels: 8, resampling: 'lanczos3' };

test('the grid is north up, holds every frame and is centred on them', () => {
  const frames = [
    frameOf(syntheticImage(100, 60, []), skyWcs([50, 30], 0.3)),
    frameOf(syntheticImage(100, 60, []), skyWcs([-20, 10], -0.1)),
  ];
  const { wcs, width, height } = planGrid(frames);
  for (const frame of frames) {
    for (const corner of [
      [0.5, 0.5],
      [100.5, 0.5],
      [0.5, 60.5],
      [100.5, 60.5],
    ]) {
      const [x, y] = wcs.skyToPixel(...frame.wcs.pixelToSky(...corner));
      assert.ok(
        x >= -0.5 && x <= width + 1.5 && y >= -0.5 && y <= height + 1.5,
        `${x}, ${y} is outside ${width} × ${height}`,
      );
    }
  }
  assert.deepEqual([wcs.cd[1], wcs.cd[2]], [0, 0]);
  assert.ok(wcs.cd[0] < 0 && wcs.cd[3] > 0);
  assert.ok(Math.abs(wcs.crpix[0] - width / 2) < 2 && Math.abs(wcs.crpix[1] - height / 2) < 2);
});

test('frames on opposite sides of the sky are refused with their names', () => {
  const far = skyWcs([50, 30]);
  const frames = [
    frameOf(syntheticImage(10, 10, []), far),
    frameOf(syntheticImage(10, 10, []), new Wcs({ ...far, crval: [330, -30] })),
  ];
  assert.throws(() => planGrid(frames), /frame-\d+\.fits.*wrong position/);
});

test('resampling keeps the flux of stars, whatever rotation and pixel size', async () => {
  const image = syntheticImage(120, 120, [{ x: 60.3, y: 59.8, flux: 1000, fwhm: 3.5 }], { noise: 0 });
  const frame = frameOf(image, skyWcs([60, 60], 0.4));
  const coarse = 1.3;
  const grid = { wcs: skyWcs([50, 50], 0, SCALE * coarse), width: 100, height: 100 };
  for (const resampling of ['lanczos3', 'bilinear']) {
    const { pixels } = await buildMosaic(
      { frames: [{ ...frame, factor: coarse ** 2 }], grid, options: { ...OPTIONS, resampling } },
      1,
      () => {},
    );
    assert.ok(Math.abs(total(pixels) / 1000 - 1) < 0.005, `${resampling}: ${total(pixels)}`);
  }
});

test('missing pixels stay missing and do not eat their neighbours', async () => {
  const image = syntheticImage(60, 60, [], { noise: 0, sky: () => 7 });
  for (let y = 20; y < 40; y++) image.pixels.fill(NaN, y * 60 + 20, y * 60 + 40);
  const { pixels, coverage } = await buildMosaic(
    {
      frames: [frameOf(image, skyWcs([30, 30]))],
      grid: { wcs: skyWcs([30, 30]), width: 60, height: 60 },
      options: OPTIONS,
    },
    1,
    () => {},
  );
  assert.ok(Number.isNaN(pixels[30 * 60 + 30]) && coverage[30 * 60 + 30] === 0);
  assert.ok(Math.abs(pixels[30 * 60 + 17] - 7) < 1e-5 && Math.abs(pixels[10 * 60 + 30] - 7) < 1e-5);
});

test('the result does not depend on threads', async () => {
  const stars = Array.from({ length: 30 }, (_, i) => ({ x: (i * 37) % 300, y: (i * 101) % 700, flux: 500 }));
  const frames = [0, 1, 2].map((i) =>
    frameOf(syntheticImage(300, 700, stars, { seed: i }), skyWcs([150 + 11.3 * i, 350 - 7.7 * i], 0.02 * i)),
  );
  const plan = { frames, grid: planGrid(frames), options: OPTIONS };
  const one = await buildMosaic(plan, 1, () => {});
  const three = await buildMosaic(plan, 3, () => {});
  assert.deepEqual(three, one);
  assert.ok(one.coverage.includes(3));
});

test('what only one of three frames shows is left out', () => {
  const box = { x0: 0, x1: 2, y0: 0, y1: 1 };
  const layer = (values) => ({
    patch: { box, pixels: Float32Array.from(values), edge: new Float32Array(2).fill(100) },
    factor: 1,
    offset: 0,
    noise: 1,
  });
  const { pixels } = combine([layer([10, 5]), layer([11, 5]), layer([500, NaN])], box, {
    method: 'clipped_mean',
    clipSigma: 4,
    featherPixels: 8,
  });
  assert.deepEqual(Array.from(pixels), [10.5, 5]);
});

test('factor and offset are applied, and noisier frames count less', () => {
  const box = { x0: 0, x1: 1, y0: 0, y1: 1 };
  const layer = (value, rest) => ({
    patch: { box, pixels: Float32Array.of(value), edge: Float32Array.of(100) },
    factor: 1,
    offset: 0,
    noise: 1,
    ...rest,
  });
  const { pixels } = combine([layer(10, { factor: 2, offset: 4 }), layer(20, { noise: 2 })], box, {
    method: 'clipped_mean',
    clipSigma: 4,
    featherPixels: 8,
  });
  assert.ok(Math.abs(pixels[0] - (16 + 20 / 4) / 1.25) < 1e-5);
});
