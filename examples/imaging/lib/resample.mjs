/** Takes the pixels of a frame to the mosaic's grid. */

/** @typedef {import('./wcs.mjs').Wcs} Wcs @typedef {import('./frames.mjs').Box} Box */

/** @typedef {'lanczos3' | 'bilinear'} Resampling */

/** Kernel values between two neighbouring pixels. */
const TABLE_STEPS = 1024;

/** Below this share of valid kernel weight, the result would be more invented than measured. */
const MIN_WEIGHT = 0.6;

/** Half-width in pixels of each kernel. */
export const KERNEL_RADIUS = Object.freeze({ lanczos3: 3, bilinear: 1 });

const KERNELS = {
  lanczos3: (t) =>
    t === 0
      ? 1
      : Math.abs(t) >= 3
        ? 0
        : (3 * Math.sin(Math.PI * t) * Math.sin((Math.PI * t) / 3)) / (Math.PI * t) ** 2,
  bilinear: (t) => Math.max(0, 1 - Math.abs(t)),
};

/**
 * For each step between two pixels, the kernel's weights on the pixels around, normalised.
 * @param {Resampling} name
 */
export function kernelTable(name) {
  const radius = KERNEL_RADIUS[name];
  const taps = 2 * radius;
  const table = new Float64Array((TABLE_STEPS + 1) * taps);
  for (let step = 0; step <= TABLE_STEPS; step++) {
    const weights = Array.from({ length: taps }, (_, k) =>
      KERNELS[name](k - radius + 1 - step / TABLE_STEPS),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, k) => (table[step * taps + k] = weight / total));
  }
  return { radius, taps, table };
}

/**
 * @typedef {object} Patch one frame on a rectangle of the mosaic
 * @property {Box} box in mosaic pixels counted from zero, ends excluded
 * @property {Float32Array} pixels NaN where the frame has nothing
 * @property {Float32Array} edge distance to the nearest edge of the frame, in its pixels
 */

/**
 * @param {object} task
 * @param {Box} task.box of the mosaic
 * @param {Wcs} task.gridWcs
 * @param {Wcs} task.frameWcs
 * @param {{pixels: Float32Array | Float64Array, firstRow: number, rows: number, width: number}} task.source
 *   the rows of the frame that can be needed
 * @param {Box} task.valid the part of the frame that has pixels
 * @param {ReturnType<typeof kernelTable>} task.kernel
 * @returns {Patch}
 */
export function resample({ box, gridWcs, frameWcs, source, valid, kernel }) {
  const width = box.x1 - box.x0;
  const pixels = new Float32Array(width * (box.y1 - box.y0)).fill(NaN);
  const edge = new Float32Array(pixels.length);
  const sky = new Float64Array(2);
  const at = new Float64Array(2);
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      gridWcs.pixelToSky(x + 1, y + 1, sky);
      frameWcs.skyToPixel(sky[0], sky[1], at);
      const [u, v] = [at[0] - 1, at[1] - 1];
      const distance = Math.min(
        u - valid.x0 + 0.5,
        valid.x1 - 0.5 - u,
        v - valid.y0 + 0.5,
        valid.y1 - 0.5 - v,
      );
      // Also false where the projection has no such place.
      if (!(distance > 0)) continue;
      const index = (y - box.y0) * width + x - box.x0;
      pixels[index] = interpolate(source, u, v, kernel);
      edge[index] = distance;
    }
  }
  return { box, pixels, edge };
}

function interpolate({ pixels, firstRow, rows, width }, u, v, { radius, taps, table }) {
  const left = Math.floor(u);
  const bottom = Math.floor(v);
  const acrossAt = Math.round((u - left) * TABLE_STEPS) * taps;
  const upwardsAt = Math.round((v - bottom) * TABLE_STEPS) * taps;
  let sum = 0;
  let weight = 0;
  for (let j = 0; j < taps; j++) {
    const row = bottom + j - radius + 1 - firstRow;
    if (row < 0 || row >= rows) continue;
    const rowWeight = table[upwardsAt + j];
    const start = row * width;
    for (let i = 0; i < taps; i++) {
      const column = left + i - radius + 1;
      if (column < 0 || column >= width) continue;
      const value = pixels[start + column];
      // NaN is the only value that differs from itself; this loop runs a hundred million times.
      if (value !== value) continue;
      const w = rowWeight * table[acrossAt + i];
      sum += w * value;
      weight += w;
    }
  }
  return weight >= MIN_WEIGHT ? sum / weight : NaN;
}
