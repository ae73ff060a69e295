/**
 * Finds cosmic-ray hits by their sharp edges: the atmosphere and the optics blur
 * every star, nothing blurs a particle. A compact form of L.A.Cosmic
 * (van Dokkum 2001, PASP 113, 1420) that evaluates the costly medians only where
 * the Laplacian already stands out.
 */
import { median, robustSigma } from './stats.mjs';

/** A hit's fainter rim counts already at this fraction of the threshold. */
const RIM_FRACTION = 0.4;

/** Floor of the fine structure in units of the noise, or else noise alone would divide by nearly nothing. */
const FINE_STRUCTURE_FLOOR = 0.5;

/**
 * @param {{width: number, height: number, pixels: Float32Array}} image background-subtracted
 * @param {Float32Array} noise
 * @param {{sigma: number, contrast: number}} limits
 *   `sigma`: significance of the edge; `contrast`: how much sharper than a point source it must be
 * @returns {Int32Array} indices of the pixels hit, ascending
 */
export function findCosmicRays(image, noise, { sigma, contrast }) {
  const isHit = (index, limit) => {
    const edge = laplacian(image, index);
    if (!(edge > 2 * limit * localNoise(image, noise, index))) return false;
    return edge / 2 > contrast * Math.max(fineStructure(image, index), FINE_STRUCTURE_FLOOR * noise[index]);
  };
  const hits = new Set();
  for (let index = 0; index < image.pixels.length; index++) {
    // Cheap test first: an edge is at most twice the pixel's own height.
    if (image.pixels[index] > sigma * noise[index] && isHit(index, sigma)) hits.add(index);
  }
  for (const index of [...hits]) {
    for (const neighbour of around(image, index, 1))
      if (isHit(neighbour, sigma * RIM_FRACTION)) hits.add(neighbour);
  }
  return Int32Array.from(hits).sort();
}

/** The positive part of the Laplacian of the image sampled twice as fine, rebinned: for a lone spike, twice its height. */
function laplacian({ width, height, pixels }, index) {
  const x = index % width;
  const y = (index - x) / width;
  const centre = pixels[index];
  // Beyond the border and over missing pixels the image is taken to go on unchanged.
  const drop = (inside, at) => (inside && Number.isFinite(pixels[at]) ? centre - pixels[at] : 0);
  const left = drop(x > 0, index - 1);
  const right = drop(x < width - 1, index + 1);
  const below = drop(y > 0, index - width);
  const above = drop(y < height - 1, index + width);
  return (
    (Math.max(0, left + below) +
      Math.max(0, left + above) +
      Math.max(0, right + below) +
      Math.max(0, right + above)) /
    4
  );
}

/** Around bright stars the scatter exceeds the sky's: photon noise and the star's own slope. */
const localNoise = (image, noise, index) =>
  Math.max(noise[index], robustSigma(valuesAround(image, index, 2)));

/** What remains of a point source, and nothing of a hit: a small median minus a larger one. */
const fineStructure = (image, index) => windowMedian(image, index, 1) - windowMedian(image, index, 3);

const windowMedian = (image, index, radius) => median(valuesAround(image, index, radius));

const valuesAround = (image, index, radius) => around(image, index, radius).map((at) => image.pixels[at]);

/** Indices of the valid pixels in the square around one, itself included. */
function around({ width, height, pixels }, index, radius) {
  const x = index % width;
  const y = (index - x) / width;
  const found = [];
  for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
    for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++) {
      if (Number.isFinite(pixels[row * width + column])) found.push(row * width + column);
    }
  }
  return found;
}
