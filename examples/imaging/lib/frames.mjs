/** The frames of a mosaic: upstream images with their source lists, and what is known about each. */
import { readFile } from 'node:fs/promises';
import { finiteValues, median, robustSigma } from './stats.mjs';
import { readFitsHeader, readFitsImage } from './fits-image.mjs';
import { openPixelRows } from './pixel-rows.mjs';
import { EXTRACTION_DEFAULTS, extractSources } from './source-extraction.mjs';
import { parseSourceTable } from './source-table.mjs';
import { wcsFromHeader } from './wcs.mjs';

/**
 * @typedef {object} Frame
 * @property {string} name of the raw exposure
 * @property {string} id
 * @property {string} path
 * @property {import('./fits-header.mjs').FitsHeader} header
 * @property {number} width
 * @property {number} height
 * @property {import('./wcs.mjs').Wcs | null} wcs
 * @property {string | null} wcsProblem why `wcs` is null
 * @property {number | null} zeroPoint of one count in the image; null when unknown
 * @property {number} noise of a pixel
 * @property {Box} box where there are valid pixels
 * @property {Thumbnail} thumbnail
 * @property {import('./measure.mjs').Source[]} sources
 *
 * @typedef {{x0: number, x1: number, y0: number, y1: number}} Box counted from zero, ends excluded
 * @typedef {{block: number, width: number, height: number, pixels: Float32Array}} Thumbnail medians of blocks of pixels
 */

const IMAGE_NAME = /\.(fits|fit|fts)(\.gz)?$/i;
const SOURCES_NAME = /\.csv$/i;
const THUMBNAIL_BLOCK = 16;

/**
 * @param {import('./contract.mjs').Input[]} inputs images and source lists in any order; other files are ignored
 * @param {(code: string, message: string) => void} warn
 * @returns {Promise<Frame[]>} in an order that depends on the frames alone
 */
export async function readFrames(inputs, warn) {
  const lists = new Map();
  for (const input of inputs.filter(({ name }) => SOURCES_NAME.test(name))) {
    const { id, sources } = parseSourceTable(await readFile(input.path, 'utf8'));
    if (id !== '') lists.set(id, sources);
  }
  /** @type {Map<string, Frame>} */
  const frames = new Map();
  for (const input of inputs.filter(({ name }) => IMAGE_NAME.test(name))) {
    const frame = await readFrame(input, lists);
    if (frames.has(frame.id))
      warn(
        'duplicate_frame',
        `${frame.name} is among the inputs twice; the second one, ${input.path}, is left out`,
      );
    else frames.set(frame.id, frame);
  }
  return [...frames.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1,
  );
}

async function readFrame(input, lists) {
  const header = await readFitsHeader(input.path);
  const id = header.text('FRAMEID') ?? String(input.sha256 ?? input.path).slice(0, 16);
  const [width, height] = [header.number('NAXIS1'), header.number('NAXIS2')];
  const { wcs, reason } = wcsFromHeader(header);
  const { box, thumbnail, noise } = await summarisePixels(input.path, width, height);
  return {
    name: header.text('FRAME') ?? input.name,
    id,
    path: input.path,
    header,
    width,
    height,
    wcs,
    wcsProblem: reason,
    zeroPoint: header.number('ZPEFF') ?? null,
    noise: header.number('BKGNOISE') || noise || 1,
    box,
    thumbnail,
    sources: lists.get(id) ?? (await findSources(input.path)),
  };
}

async function findSources(path) {
  const extraction = extractSources(await readFitsImage(path), EXTRACTION_DEFAULTS);
  return extraction === null ? [] : extraction.sources;
}

/** One pass over the pixels for all that is needed before the frames can be combined. */
async function summarisePixels(path, width, height) {
  const rows = await openPixelRows(path, width);
  const thumbnail = {
    block: THUMBNAIL_BLOCK,
    width: Math.ceil(width / THUMBNAIL_BLOCK),
    height: Math.ceil(height / THUMBNAIL_BLOCK),
  };
  const pixels = new Float32Array(thumbnail.width * thumbnail.height);
  const box = { x0: width, x1: 0, y0: height, y1: 0 };
  try {
    for (let row = 0; row < thumbnail.height; row++) {
      const first = row * THUMBNAIL_BLOCK;
      const band = rows.read(first, Math.min(height, first + THUMBNAIL_BLOCK));
      growBox(box, band, width, first);
      for (let column = 0; column < thumbnail.width; column++)
        pixels[row * thumbnail.width + column] = blockMedian(band, width, column * THUMBNAIL_BLOCK);
    }
  } finally {
    rows.close();
  }
  return {
    box,
    thumbnail: { ...thumbnail, pixels },
    noise: robustSigma(finiteValues(pixels)) * THUMBNAIL_BLOCK,
  };
}

function growBox(box, band, width, firstRow) {
  for (let i = 0; i < band.length; i++) {
    if (!Number.isFinite(band[i])) continue;
    const x = i % width;
    const y = firstRow + (i - x) / width;
    if (x < box.x0) box.x0 = x;
    if (x >= box.x1) box.x1 = x + 1;
    if (y < box.y0) box.y0 = y;
    if (y >= box.y1) box.y1 = y + 1;
  }
}

/** NaN when less than half of the block is valid. */
function blockMedian(band, width, x0) {
  const values = [];
  for (let start = x0; start < band.length; start += width) {
    for (let i = start; i < start + Math.min(THUMBNAIL_BLOCK, width - x0); i++)
      if (Number.isFinite(band[i])) values.push(band[i]);
  }
  return values.length * 2 >= THUMBNAIL_BLOCK * THUMBNAIL_BLOCK ? median(values) : NaN;
}
