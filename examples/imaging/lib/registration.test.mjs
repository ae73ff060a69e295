import assert from 'node:assert/strict';
import { test } from 'node:test';
import { solveDifferences } from './adjust.mjs';
import { areIsolated, matchMutually } from './match.mjs';
import { placeFrames } from './place-frames.mjs';
import { Random } from './random.mjs';
import { findDisplacement } from './register.mjs';
import { Wcs } from './wcs.mjs';

const close = (actual, expected, tolerance) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

function randomStars(count, seed, size = 1000) {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    x: size * random.next(),
    y: size * random.next(),
    flux: 100 * 10 ** (3 * random.next()),
  }));
}

/** The same stars on another exposure: displaced, measured anew, some lost at the edges, some new. */
function seenAgain(stars, dx, dy, seed) {
  const random = new Random(seed);
  const moved = stars.map(({ x, y, flux }) => ({
    x: x + dx + 0.1 * random.normal(),
    y: y + dy + 0.1 * random.normal(),
    flux: flux * random.between(0.9, 1.1),
  }));
  return [
    ...moved.filter(({ x, y }) => x > 0 && y > 0 && x < 1000 && y < 1000),
    ...randomStars(30, seed + 1),
  ];
}

test('points are matched to each other only when both are nearest', () => {
  const a = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 50, y: 50 },
  ];
  const b = [
    { x: 0.9, y: 0 },
    { x: 80, y: 80 },
  ];
  assert.deepEqual(matchMutually(a, b, 2), [[1, 0]]);
});

test('matching works across cell borders and for negative coordinates', () => {
  assert.deepEqual(matchMutually([{ x: -0.1, y: 1.9 }], [{ x: 0.1, y: 2.1 }], 1), [[0, 0]]);
});

test('isolation looks at all neighbours', () => {
  assert.deepEqual(
    areIsolated(
      [
        { x: 0, y: 0 },
        { x: 3, y: 0 },
        { x: 10, y: 0 },
      ],
      5,
    ),
    [false, false, true],
  );
});

test('a displacement is found to a fraction of a pixel', () => {
  const stars = randomStars(200, 3);
  const found = findDisplacement(stars, seenAgain(stars, 137.4, -58.7, 9));
  close(found.dx, 137.4, 0.05);
  close(found.dy, -58.7, 0.05);
  assert.ok(found.matches > 100);
});

test('different fields have no displacement', () => {
  assert.equal(findDisplacement(randomStars(200, 3), randomStars(200, 4)), null);
  assert.equal(findDisplacement(randomStars(200, 3), []), null);
});

test('frames without coordinates are placed by those that have them', () => {
  const stars = randomStars(150, 5);
  const wcs = new Wcs({ projection: 'TAN', crval: [10, 20], crpix: [500, 500], cd: [-0.001, 0, 0, 0.001] });
  const warnings = [];
  const frames = [
    { id: 'a', name: 'a.fits', wcs, wcsProblem: null, sources: stars },
    { id: 'b', name: 'b.fits', wcs: null, wcsProblem: 'no CTYPE1', sources: seenAgain(stars, 20, 30, 6) },
    { id: 'c', name: 'c.fits', wcs: null, wcsProblem: 'no CTYPE1', sources: randomStars(150, 77) },
  ];
  const placed = placeFrames(frames, (code, message) => warnings.push([code, message.slice(0, 6)]));
  assert.deepEqual(
    placed.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(warnings, [
    ['no_wcs', 'b.fits'],
    ['not_registered', 'c.fits'],
  ]);
  const [x, y] = placed[1].wcs.skyToPixel(...wcs.pixelToSky(100, 200));
  close(x, 120, 0.1);
  close(y, 230, 0.1);
});

test('without any coordinates the richest frame is the plane, and a chain of overlaps suffices', () => {
  const stars = randomStars(400, 8);
  const part = (x0) =>
    stars.filter(({ x }) => x >= x0 && x < x0 + 500).map((star) => ({ ...star, x: star.x - x0 }));
  const frames = [0, 250, 500].map((x0, i) => ({
    id: String(i),
    name: `${i}.fits`,
    wcs: null,
    wcsProblem: 'none',
    sources: part(x0),
  }));
  const placed = placeFrames(frames, () => {});
  assert.equal(placed.length, 3);
  const origins = placed.map(({ wcs }) => wcs.pixelToSky(0, 0)[0]);
  close(origins[1] - origins[0], 250, 0.1);
  close(origins[2] - origins[0], 500, 0.1);
});

test('differences are solved with fixed values kept and free groups at zero mean', () => {
  const pairs = [
    { a: 0, b: 1, difference: 2, weight: 5 },
    { a: 1, b: 2, difference: 3, weight: 5 },
    { a: 3, b: 4, difference: 4, weight: 1 },
  ];
  const free = Array.from(solveDifferences(5, pairs));
  [-7 / 3, -1 / 3, 8 / 3, -2, 2].forEach((value, i) => close(free[i], value, 1e-6));
  const fixed = Array.from(solveDifferences(5, pairs, new Map([[0, 10]])));
  [10, 12, 15, -2, 2].forEach((value, i) => close(fixed[i], value, 1e-6));
});
