/** Small images with known contents, for tests. */
import { Random } from './random.mjs';
import { FWHM_PER_SIGMA } from './stats.mjs';

/**
 * Noise of unit sigma around zero with Gaussian stars on it.
 * @param {number} width
 * @param {number} height
 * @param {Array<{x: number, y: number, flux: number, fwhm?: number}>} stars pixels counted from zero
 * @param {{noise?: number, seed?: number, sky?: (x: number, y: number) => number}} [options]
 */
export function syntheticImage(width, height, stars, { noise = 1, seed = 1, sky = () => 0 } = {}) {
  const random = new Random(seed);
  const pixels = new Float32Array(width * height);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = sky(i % width, Math.floor(i / width)) + noise * random.normal();
  for (const star of stars) addStar(pixels, width, height, star);
  return { width, height, pixels };
}

function addStar(pixels, width, height, { x, y, flux, fwhm = 3 }) {
  const variance = (fwhm / FWHM_PER_SIGMA) ** 2;
  for (let row = Math.max(0, Math.floor(y - 5 * fwhm)); row < Math.min(height, y + 5 * fwhm); row++) {
    for (
      let column = Math.max(0, Math.floor(x - 5 * fwhm));
      column < Math.min(width, x + 5 * fwhm);
      column++
    ) {
      pixels[row * width + column] +=
        (flux / (2 * Math.PI * variance)) *
        Math.exp((-0.5 * ((column - x) ** 2 + (row - y) ** 2)) / variance);
    }
  }
}
