/**
 * Finds how one star field is displaced against another, by correlating their
 * source lists: every pair of stars votes for the displacement that would make
 * them one, and the true one collects the votes of all common stars. Unlike a
 * correlation of pixels this does not care about backgrounds or seeing.
 */
import { matchMutually } from './match.mjs';
import { median } from './stats.mjs';

/** @typedef {{x: number, y: number, flux: number}} Star */

const BRIGHTEST = 150;
const VOTE_CELL = 3;
const MATCH_RADIUS = 2;
const MIN_MATCHES = 6;
/** Chance agreement scatters like counts do; the peak must stand this many sigma above it. */
const MIN_SIGNIFICANCE = 5;

/**
 * @param {readonly Star[]} reference
 * @param {readonly Star[]} stars
 * @returns {{dx: number, dy: number, matches: number} | null}
 *   a star at (x, y) of the reference is at (x + dx, y + dy) of the other; null when nothing stands out
 */
export function findDisplacement(reference, stars) {
  const a = brightest(reference);
  const b = brightest(stars);
  const peak = votePeak(a, b);
  if (peak === null) return null;
  let shift = { dx: peak.dx, dy: peak.dy };
  let pairs = [];
  // The first match uses a wide circle around the vote, the second refines with all sources.
  for (const [from, to, radius] of [
    [a, b, 1.5 * VOTE_CELL],
    [reference, stars, MATCH_RADIUS],
  ]) {
    const moved = from.map(({ x, y }) => ({ x: x + shift.dx, y: y + shift.dy }));
    pairs = matchMutually(moved, to, radius);
    if (pairs.length < MIN_MATCHES) return null;
    shift = {
      dx: median(pairs.map(([i, j]) => to[j].x - from[i].x)),
      dy: median(pairs.map(([i, j]) => to[j].y - from[i].y)),
    };
  }
  return { ...shift, matches: pairs.length };
}

const brightest = (stars) => [...stars].sort((a, b) => b.flux - a.flux || a.x - b.x).slice(0, BRIGHTEST);

function votePeak(a, b) {
  if (a.length === 0 || b.length === 0) return null;
  const votes = new Map();
  const cellOf = (difference) => Math.round(difference / VOTE_CELL);
  for (const from of a) {
    for (const to of b) {
      const key = `${cellOf(to.x - from.x)},${cellOf(to.y - from.y)}`;
      votes.set(key, (votes.get(key) ?? 0) + 1);
    }
  }
  let best = { votes: 0, column: 0, row: 0 };
  for (const key of votes.keys()) {
    const [column, row] = key.split(',').map(Number);
    const around = centroidAround(votes, column, row);
    if (around.votes > best.votes) best = around;
  }
  const expected = (9 * a.length * b.length * VOTE_CELL ** 2) / extent(a, b);
  const significant = best.votes - expected > MIN_SIGNIFICANCE * Math.sqrt(Math.max(1, expected));
  return significant ? { dx: best.column * VOTE_CELL, dy: best.row * VOTE_CELL } : null;
}

/** True displacements fall near the border of two cells as often as not, so a peak is nine cells and their centre of votes. */
function centroidAround(cells, column, row) {
  const sum = { votes: 0, column: 0, row: 0 };
  for (let j = row - 1; j <= row + 1; j++) {
    for (let i = column - 1; i <= column + 1; i++) {
      const votes = cells.get(`${i},${j}`) ?? 0;
      sum.votes += votes;
      sum.column += votes * i;
      sum.row += votes * j;
    }
  }
  return { votes: sum.votes, column: sum.column / sum.votes, row: sum.row / sum.votes };
}

/** Area of the fields: chance votes are densest, one pair to each such area, for small displacements. */
function extent(a, b) {
  const span = (key) =>
    Math.max(
      1,
      ...[a, b].map(
        (list) => Math.max(...list.map((star) => star[key])) - Math.min(...list.map((star) => star[key])),
      ),
    );
  return span('x') * span('y');
}
