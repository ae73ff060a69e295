/** Least squares on a network of differences: one number a frame from what pairs of frames say about each other. */

/** Holds a free network at zero mean without disturbing its differences. */
const RIDGE = 1e-9;

/**
 * Values v that make `v[b] - v[a]` agree best with every pair's `difference`.
 * Frames with a `fixed` value keep it; a group of frames tied to none of them
 * comes out with zero mean.
 * @param {number} count frames
 * @param {Array<{a: number, b: number, difference: number, weight: number}>} pairs
 * @param {Map<number, number>} [fixed]
 * @returns {Float64Array}
 */
export function solveDifferences(count, pairs, fixed = new Map()) {
  const total = pairs.reduce((sum, pair) => sum + pair.weight, 0) || 1;
  const rows = Array.from({ length: count }, (_, i) => {
    const row = new Float64Array(count + 1);
    row[i] = fixed.has(i) ? 1 : RIDGE * total;
    row[count] = fixed.get(i) ?? 0;
    return row;
  });
  const add = (row, own, other, signedDifference, weight) => {
    if (fixed.has(own)) return;
    row[own] += weight;
    row[other] -= weight;
    row[count] += weight * signedDifference;
  };
  for (const { a, b, difference, weight } of pairs) {
    add(rows[a], a, b, -difference, weight);
    add(rows[b], b, a, difference, weight);
  }
  return eliminate(rows);
}

/** Makes the given column of a row zero. */
function subtractMultiple(row, pivotRow, column) {
  const factor = row[column] / pivotRow[column];
  if (factor !== 0) for (let k = column; k < row.length; k++) row[k] -= factor * pivotRow[k];
}

/** Gaussian elimination with row pivoting; the last column is the right-hand side. */
function eliminate(rows) {
  const count = rows.length;
  for (let column = 0; column < count; column++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= column && Math.abs(row[column]) > Math.abs(rows[best][column]) ? i : best),
      column,
    );
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (const row of rows.slice(column + 1)) subtractMultiple(row, rows[column], column);
  }
  const solution = new Float64Array(count);
  for (let i = count - 1; i >= 0; i--) {
    let value = rows[i][count];
    for (let k = i + 1; k < count; k++) value -= rows[i][k] * solution[k];
    solution[i] = value / rows[i][i];
  }
  return solution;
}
