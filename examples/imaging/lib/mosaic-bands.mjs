/**
 * Resamples and combines frames band by band, on one or several threads. Memory
 * holds the mosaic itself and one band of every frame, however many there are;
 * the result does not depend on bands or threads.
 */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { combine } from './combine.mjs';
import { boxesOverlap, footprint } from './mosaic-grid.mjs';
import { openPixelRows } from './pixel-rows.mjs';
import { KERNEL_RADIUS, kernelTable, resample } from './resample.mjs';
import { Sip } from './sip.mjs';
import { Wcs } from './wcs.mjs';

/**
 * @typedef {object} PlannedFrame
 * @property {string} path
 * @property {number} width
 * @property {number} height
 * @property {import('./frames.mjs').Box} box
 * @property {Wcs} wcs
 * @property {number} factor
 * @property {number} offset
 * @property {number} noise
 *
 * @typedef {object} MosaicPlan everything a thread needs to make a band
 * @property {PlannedFrame[]} frames
 * @property {import('./mosaic-grid.mjs').Grid} grid
 * @property {{method: import('./combine.mjs').CombineMethod, clipSigma: number, featherPixels: number, resampling: import('./resample.mjs').Resampling}} options
 */

const BAND_BYTES = 64 * 2 ** 20;
const MAX_BAND_ROWS = 256;
const OUTLINE_POINTS = 9;

/**
 * @param {MosaicPlan} plan
 * @param {number} threads
 * @param {(done: number, total: number) => void} onBand
 * @returns {Promise<{pixels: Float32Array, coverage: Int16Array}>}
 */
export async function buildMosaic(plan, threads, onBand) {
  const { width, height } = plan.grid;
  const pixels = new Float32Array(width * height);
  const coverage = new Int16Array(width * height);
  const bands = cutBands(plan);
  let done = 0;
  const accept = ({ band, result }) => {
    pixels.set(result.pixels, band.y0 * width);
    coverage.set(result.coverage, band.y0 * width);
    onBand(++done, bands.length);
  };
  const shares = Array.from({ length: Math.min(threads, bands.length) }, (_, share) =>
    bands.filter((_, i) => i % threads === share),
  );
  if (shares.length === 1) await renderBands(plan, bands, accept);
  else await Promise.all(shares.map((share) => renderInWorker(plan, share, accept)));
  return { pixels, coverage };
}

function cutBands({ frames, grid }) {
  const bytesPerRow = frames.reduce((sum, frame) => sum + 12 * Math.min(grid.width, frame.width), 0);
  const rows = Math.max(16, Math.min(MAX_BAND_ROWS, Math.floor(BAND_BYTES / bytesPerRow)));
  return Array.from({ length: Math.ceil(grid.height / rows) }, (_, i) => ({
    y0: i * rows,
    y1: Math.min(grid.height, (i + 1) * rows),
  }));
}

function renderInWorker(plan, bands, accept) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { plan, bands } });
    worker.on('message', accept);
    worker.on('error', reject);
    worker.on('exit', resolve);
  });
}

/** Makes bands one after the other, with the frames open all the while. */
async function renderBands(plan, bands, accept) {
  const kernel = kernelTable(plan.options.resampling);
  const rows = [];
  try {
    for (const frame of plan.frames) rows.push(await openPixelRows(frame.path, frame.width));
    for (const band of bands) accept({ band, result: renderBand(plan, rows, kernel, band) });
  } finally {
    for (const open of rows) open.close();
  }
}

function renderBand({ frames, grid, options }, rows, kernel, { y0, y1 }) {
  const box = { x0: 0, x1: grid.width, y0, y1 };
  const layers = frames.flatMap((frame, i) => {
    const part = partOf(frame, grid, box);
    const source = part && sourceRows(frame, grid, part, rows[i], KERNEL_RADIUS[options.resampling] + 1);
    if (!source) return [];
    const patch = resample({
      box: part,
      gridWcs: grid.wcs,
      frameWcs: frame.wcs,
      source,
      valid: frame.box,
      kernel,
    });
    return [{ patch, factor: frame.factor, offset: frame.offset, noise: frame.noise }];
  });
  return combine(layers, box, options);
}

/** The part of a band a frame can reach, in whole pixels; null when none. */
function partOf(frame, grid, band) {
  const reach = footprint(frame, grid.wcs);
  if (!boxesOverlap(reach, { x0: band.x0 + 0.5, x1: band.x1 + 0.5, y0: band.y0 + 0.5, y1: band.y1 + 0.5 }))
    return null;
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  return {
    x0: clamp(Math.floor(reach.x0) - 1, band.x0, band.x1),
    x1: clamp(Math.ceil(reach.x1) + 1, band.x0, band.x1),
    y0: clamp(Math.floor(reach.y0) - 1, band.y0, band.y1),
    y1: clamp(Math.ceil(reach.y1) + 1, band.y0, band.y1),
  };
}

/** The rows of a frame under a part of the mosaic, found by following the part's outline. */
function sourceRows(frame, grid, part, rows, margin) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < OUTLINE_POINTS; i++) {
    const t = i / (OUTLINE_POINTS - 1);
    const x = part.x0 + 0.5 + t * (part.x1 - part.x0);
    const y = part.y0 + 0.5 + t * (part.y1 - part.y0);
    for (const [px, py] of [
      [x, part.y0 + 0.5],
      [x, part.y1 + 0.5],
      [part.x0 + 0.5, y],
      [part.x1 + 0.5, y],
    ]) {
      const row = frame.wcs.skyToPixel(...grid.wcs.pixelToSky(px, py))[1] - 1;
      if (row < low) low = row;
      if (row > high) high = row;
    }
  }
  const first = Math.max(0, Math.floor(low) - margin);
  const end = Math.min(frame.height, Math.ceil(high) + margin + 1);
  if (!(first < end)) return null;
  return { pixels: rows.read(first, end), firstRow: first, rows: end - first, width: frame.width };
}

/** Messages between threads carry plain data; this gives it back its methods. */
const revivedWcs = ({ projection, crval, crpix, cd, sip }) =>
  new Wcs({ projection, crval, crpix, cd, sip: sip && new Sip(sip.a, sip.b) });

if (!isMainThread && workerData?.plan) {
  const { plan, bands } = workerData;
  plan.grid.wcs = revivedWcs(plan.grid.wcs);
  for (const frame of plan.frames) frame.wcs = revivedWcs(frame.wcs);
  await renderBands(plan, bands, (message) =>
    parentPort.postMessage(message, [message.result.pixels.buffer, message.result.coverage.buffer]),
  );
}
