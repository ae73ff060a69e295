/**
 * Sky level and noise over an image: clipped statistics in the cells of a mesh,
 * smoothed, and interpolated back to every pixel. The method is SExtractor's
 * (Bertin & Arnouts 1996, A&AS 117, 393, section 3).
 */
import { clippedStatistics, median } from './stats.mjs';

/**
 * @typedef {object} Background
 * @property {Float32Array} level sky at every pixel
 * @property {Float32Array} noise standard deviation of a pixel about the sky, at every pixel
 * @property {number} medianLevel
 * @property {number} medianNoise
 */

/** A cell with fewer valid pixels than this says nothing about the sky. */
const MIN_VALID_FRACTION = 0.25;

/**
 * @param {{width: number, height: number, pixels: Float32Array | Float64Array}} image
 * @param {number} cellSize pixels; several times the largest object, smaller than sky gradients
 * @returns {Background | null} null when no cell has enough valid pixels
 */
export function estimateBackground(image, cellSize) {
  const mesh = measureMesh(image, cellSize);
  if (!mesh.level.some(Number.isFinite)) return null;
  fillGaps(mesh.level, mesh.columns, mesh.rows);
  fillGaps(mesh.noise, mesh.columns, mesh.rows);
  const level = medianFilter(mesh.level, mesh.columns, mesh.rows);
  const noise = medianFilter(mesh.noise, mesh.columns, mesh.rows);
  return {
    level: interpolate(level, mesh, image),
    noise: interpolate(noise, mesh, image, Math.min(...noise)),
    medianLevel: median(level),
    medianNoise: median(noise),
  };
}

function measureMesh({ width, height, pixels }, cellSize) {
  const columns = Math.max(1, Math.round(width / cellSize));
  const rows = Math.max(1, Math.round(height / cellSize));
  const level = new Float64Array(columns * rows).fill(NaN);
  const noise = new Float64Array(columns * rows).fill(NaN);
  const cellWidth = width / columns;
  const cellHeight = height / rows;
  const scratch = new Float64Array(Math.ceil(cellWidth + 1) * Math.ceil(cellHeight + 1));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const box = {
        x0: Math.round(column * cellWidth),
        x1: Math.round((column + 1) * cellWidth),
        y0: Math.round(row * cellHeight),
        y1: Math.round((row + 1) * cellHeight),
      };
      const sky = skyOf(collect(pixels, width, box, scratch), (box.x1 - box.x0) * (box.y1 - box.y0));
      level[row * columns + column] = sky.level;
      noise[row * columns + column] = sky.noise;
    }
  }
  return { columns, rows, cellWidth, cellHeight, level, noise };
}

function collect(pixels, width, { x0, x1, y0, y1 }, scratch) {
  let count = 0;
  for (let y = y0; y < y1; y++) {
    for (let i = y * width + x0; i < y * width + x1; i++) {
      if (Number.isFinite(pixels[i])) scratch[count++] = pixels[i];
    }
  }
  return scratch.subarray(0, count);
}

/** The mode of the sky: stars pull the mean up more than the median, so their difference says how far the sky is below. */
function skyOf(values, cellArea) {
  if (values.length < Math.max(5, MIN_VALID_FRACTION * cellArea)) return { level: NaN, noise: NaN };
  const { median: middle, mean, sigma } = clippedStatistics(values);
  const crowded = Math.abs(mean - middle) > 0.3 * sigma;
  return { level: crowded ? middle : 2.5 * middle - 1.5 * mean, noise: sigma };
}

/** Gives unknown cells the mean of their known neighbours, growing inwards. */
function fillGaps(mesh, columns, rows) {
  while (mesh.some(Number.isNaN)) {
    const before = mesh.slice();
    for (let cell = 0; cell < mesh.length; cell++) {
      if (!Number.isNaN(before[cell])) continue;
      const known = neighbours(before, columns, rows, cell).filter((value) => !Number.isNaN(value));
      if (known.length > 0) mesh[cell] = known.reduce((sum, value) => sum + value, 0) / known.length;
    }
  }
}

const medianFilter = (mesh, columns, rows) =>
  mesh.map((_, cell) => median(neighbours(mesh, columns, rows, cell)));

/** Values of the up to nine cells around and including one. */
function neighbours(mesh, columns, rows, cell) {
  const values = [];
  const column = cell % columns;
  const row = (cell - column) / columns;
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
      values.push(mesh[y * columns + x]);
  }
  return values;
}

/** Cubic interpolation between cell centres; constant beyond the outermost ones. */
function interpolate(mesh, { columns, rows, cellWidth, cellHeight }, { width, height }, minimum = -Infinity) {
  const out = new Float32Array(width * height);
  const across = cubicWeights(width, columns, cellWidth);
  const upwards = cubicWeights(height, rows, cellHeight);
  const row = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    for (let column = 0; column < columns; column++) {
      row[column] = 0;
      for (let k = 0; k < 4; k++)
        row[column] += upwards.weight[4 * y + k] * mesh[upwards.index[4 * y + k] * columns + column];
    }
    for (let x = 0; x < width; x++) {
      const at = 4 * x;
      const { index, weight } = across;
      const value =
        weight[at] * row[index[at]] +
        weight[at + 1] * row[index[at + 1]] +
        weight[at + 2] * row[index[at + 2]] +
        weight[at + 3] * row[index[at + 3]];
      out[y * width + x] = value < minimum ? minimum : value;
    }
  }
  return out;
}

/** For every pixel of an axis, the four cells around it and their Catmull-Rom weights. */
function cubicWeights(length, cells, cellLength) {
  const index = new Int32Array(4 * length);
  const weight = new Float64Array(4 * length);
  for (let pixel = 0; pixel < length; pixel++) {
    const position = Math.min(Math.max((pixel + 0.5) / cellLength - 0.5, 0), cells - 1);
    const base = Math.floor(position);
    const t = position - base;
    const weights = [
      t * (-0.5 + t * (1 - 0.5 * t)),
      1 + t * t * (-2.5 + 1.5 * t),
      t * (0.5 + t * (2 - 1.5 * t)),
      t * t * (-0.5 + 0.5 * t),
    ];
    for (let k = 0; k < 4; k++) {
      index[4 * pixel + k] = Math.min(Math.max(base + k - 1, 0), cells - 1);
      weight[4 * pixel + k] = weights[k];
    }
  }
  return { index, weight };
}
