import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SOURCE_FLAGS } from './aperture.mjs';
import { estimateBackground } from './background.mjs';
import { EXTRACTION_DEFAULTS, extractSources } from './source-extraction.mjs';
import { syntheticImage } from './synthetic-image.mjs';

const close = (actual, expected, tolerance) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
const extract = (image, options = {}, detector = {}) =>
  extractSources(image, { ...EXTRACTION_DEFAULTS, ...options }, detector);
const nearest = (sources, x, y) =>
  sources.reduce((best, source) =>
    Math.hypot(source.x - 1 - x, source.y - 1 - y) < Math.hypot(best.x - 1 - x, best.y - 1 - y)
      ? source
      : best,
  );

test('a sky gradient is followed under stars and around missing pixels', () => {
  const sky = (x, y) => 500 + 0.04 * x - 0.02 * y;
  const image = syntheticImage(256, 256, [{ x: 100, y: 100, flux: 20000 }], { sky, noise: 3 });
  for (let y = 0; y < 256; y++) image.pixels.fill(NaN, y * 256, y * 256 + 40);
  const { level, medianNoise } = estimateBackground(image, 32);
  for (const [x, y] of [
    [60, 30],
    [100, 100],
    [200, 220],
  ])
    close(level[y * 256 + x], sky(x, y), 1.5);
  close(medianNoise, 3, 0.15);
});

test('an image without valid pixels has no background and no sources', () => {
  assert.equal(extract({ width: 64, height: 64, pixels: new Float32Array(4096).fill(NaN) }), null);
});

test('noise alone is empty', () => {
  assert.deepEqual(extract(syntheticImage(300, 300, [])).sources, []);
});

test('position, flux, width and error of stars are recovered', () => {
  const stars = Array.from({ length: 9 }, (_, i) => ({
    x: 60.3 + 90 * (i % 3),
    y: 60.7 + 90 * Math.floor(i / 3),
    flux: 3000,
  }));
  const { sources, fwhm } = extract(syntheticImage(300, 300, stars, { sky: () => 1000 }));
  assert.equal(sources.length, 9);
  close(fwhm, 3, 0.1);
  for (const star of stars) {
    const source = nearest(sources, star.x, star.y);
    close(source.x, star.x + 1, 0.05);
    close(source.y, star.y + 1, 0.05);
    close(source.flux, 3000, 60);
    close(source.fluxError, Math.sqrt(Math.PI * 16), 2.5);
    close(source.elongation, 1, 0.2);
    assert.equal(source.flags, 0);
  }
});

test('two stars in one blob are parted and flagged', () => {
  const { sources } = extract(
    syntheticImage(128, 128, [
      { x: 60, y: 64, flux: 4000 },
      { x: 65.5, y: 64, flux: 2000 },
    ]),
  );
  assert.equal(sources.length, 2);
  assert.ok(sources.every(({ flags }) => flags & SOURCE_FLAGS.blended));
});

test('cosmic rays are taken out, stars are not, even next to each other', () => {
  const stars = [
    { x: 40, y: 40, flux: 30000, fwhm: 2.4 },
    { x: 90, y: 90, flux: 800, fwhm: 2.4 },
  ];
  const image = syntheticImage(128, 128, stars);
  const hits = [20 * 128 + 100, 21 * 128 + 101, 22 * 128 + 102, 92 * 128 + 92];
  for (const hit of hits) image.pixels[hit] += 400;
  const { sources, cosmicRays, subtracted } = extract(image);
  assert.deepEqual(Array.from(cosmicRays), hits);
  assert.ok(hits.every((hit) => Number.isNaN(subtracted[hit])));
  assert.equal(sources.length, 2);
  close(nearest(sources, 90, 90).flux, 800, 40);
  assert.ok(nearest(sources, 90, 90).flags & SOURCE_FLAGS.cosmic_ray);
});

test('a star at the edge or on missing pixels is incomplete, a full one saturated', () => {
  const image = syntheticImage(128, 128, [
    { x: 1, y: 64, flux: 3000 },
    { x: 64, y: 64, flux: 3000 },
    { x: 100, y: 30, flux: 9000 },
  ]);
  image.pixels[65 * 128 + 66] = NaN;
  const { sources } = extract(image, {}, { saturationLevel: 600 });
  const flags = [
    [1, 64],
    [64, 64],
    [100, 30],
  ].map(([x, y]) => nearest(sources, x, y).flags & (SOURCE_FLAGS.incomplete | SOURCE_FLAGS.saturated));
  assert.deepEqual(flags, [SOURCE_FLAGS.incomplete, SOURCE_FLAGS.incomplete, SOURCE_FLAGS.saturated]);
});

test('smooth nebulosity is not a source', () => {
  const nebula = (x, y) => 200 * Math.exp(-((x - 128) ** 2 + (y - 128) ** 2) / (2 * 60 ** 2));
  const { sources } = extract(syntheticImage(256, 256, [{ x: 128, y: 128, flux: 3000 }], { sky: nebula }), {
    background_mesh_px: 32,
  });
  assert.equal(sources.length, 1);
  close(sources[0].flux, 3000, 150);
});

test('the aperture correction restores the light outside the aperture', () => {
  const stars = Array.from({ length: 16 }, (_, i) => ({
    x: 50 + 60.3 * (i % 4),
    y: 50 + 60.4 * Math.floor(i / 4),
    flux: 20000,
    fwhm: 4,
  }));
  const image = syntheticImage(280, 280, stars);
  const without = extract(image, { aperture_radius_px: 3, aperture_correction: false });
  const corrected = extract(image, { aperture_radius_px: 3 });
  // 1 - exp(-r²/2σ²) of a Gaussian is within r; a pixel's width adds 1/12 to σ².
  close(without.sources[0].flux / 20000, 1 - Math.exp(-9 / (2 * (2.885 + 1 / 12))), 0.01);
  close(corrected.sources[0].flux / 20000, 1, 0.015);
});
