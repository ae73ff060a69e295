/** Which points of two lists are the same: mutual nearest neighbours in a plane. */

/** @typedef {{x: number, y: number}} Point */

/** Points in square cells, so that looking around one does not mean looking at all. */
class CellIndex {
  /**
   * @param {readonly Point[]} points
   * @param {number} cellSize
   */
  constructor(points, cellSize) {
    this.points = points;
    this.cellSize = cellSize;
    /** @type {Map<string, number[]>} */
    this.cells = new Map();
    points.forEach((point, i) => {
      const key = this.#key(Math.floor(point.x / cellSize), Math.floor(point.y / cellSize));
      const cell = this.cells.get(key);
      if (cell) cell.push(i);
      else this.cells.set(key, [i]);
    });
  }

  #key(column, row) {
    return `${column},${row}`;
  }

  /** Indices within one cell size of a point, nearest first. */
  near({ x, y }) {
    const column = Math.floor(x / this.cellSize);
    const row = Math.floor(y / this.cellSize);
    const candidates = [-1, 0, 1].flatMap((j) =>
      [-1, 0, 1].flatMap((i) => this.cells.get(this.#key(column + i, row + j)) ?? []),
    );
    const found = candidates.map((index) => ({
      index,
      distance: Math.hypot(this.points[index].x - x, this.points[index].y - y),
    }));
    return found
      .filter(({ distance }) => distance <= this.cellSize)
      .sort((a, b) => a.distance - b.distance || a.index - b.index);
  }
}

/**
 * Pairs that are each other's nearest within `radius`.
 * @param {readonly Point[]} a
 * @param {readonly Point[]} b
 * @param {number} radius
 * @returns {Array<[number, number]>} indices into `a` and `b`
 */
export function matchMutually(a, b, radius) {
  const indexA = new CellIndex(a, radius);
  const indexB = new CellIndex(b, radius);
  const pairs = [];
  a.forEach((point, i) => {
    const nearest = indexB.near(point)[0];
    if (nearest && indexA.near(b[nearest.index])[0].index === i) pairs.push([i, nearest.index]);
  });
  return pairs;
}

/**
 * For each point, whether no other lies within `radius`.
 * @param {readonly Point[]} points
 * @param {number} radius
 * @returns {boolean[]}
 */
export function areIsolated(points, radius) {
  const index = new CellIndex(points, radius);
  return points.map((point) => index.near(point).length === 1);
}
