/** A raw exposure as a camera would deliver it: stars, sky, noise, bias and cosmic rays. */

/**
 * @typedef {object} Camera
 * @property {number} width pixels
 * @property {number} height
 * @property {number} gain electrons a count
 * @property {number} readNoise electrons
 * @property {number} bias counts
 * @property {number} fullScale largest count the file can hold
 *
 * @typedef {object} Conditions
 * @property {number} sky counts a pixel
 * @property {number} fwhm pixels
 * @property {number} zeroPoint magnitude of one count
 * @property {number} cosmicRays hits in the exposure
 */

/** Moffat's exponent for images blurred by the atmosphere (Moffat 1969, A&A 3, 455). */
const MOFFAT_BETA = 3.5;

/** A star's wings are followed down to this many counts a pixel, far below the noise. */
const FAINTEST_WING = 0.02;

/** The profile is averaged over this many points a side of a pixel, near the centre. */
const SUBPIXELS = 5;
const SUBPIXEL_RADIUS = 6;

/**
 * @param {Array<{x: number, y: number, magnitude: number}>} stars FITS pixels
 * @param {Camera} camera
 * @param {Conditions} conditions
 * @param {import('./random.mjs').Random} random
 * @returns {Uint16Array} counts
 */
export function exposeStars(stars, camera, conditions, random) {
  const light = new Float64Array(camera.width * camera.height).fill(conditions.sky);
  for (const star of stars) addStar(light, camera, conditions, star);
  const counts = new Float64Array(light.length);
  for (let i = 0; i < light.length; i++) {
    const electrons = random.poisson(light[i] * camera.gain) + camera.readNoise * random.normal();
    counts[i] = camera.bias + electrons / camera.gain;
  }
  for (let hit = 0; hit < conditions.cosmicRays; hit++) addCosmicRay(counts, camera, random);
  return Uint16Array.from(counts, (value) => Math.max(0, Math.min(camera.fullScale, Math.round(value))));
}

function addStar(light, { width, height }, { fwhm, zeroPoint }, { x, y, magnitude }) {
  const flux = 10 ** (0.4 * (zeroPoint - magnitude));
  const alpha = fwhm / (2 * Math.sqrt(2 ** (1 / MOFFAT_BETA) - 1));
  const centre = (flux * (MOFFAT_BETA - 1)) / (Math.PI * alpha * alpha);
  const reach = alpha * Math.sqrt(Math.max(1, (centre / FAINTEST_WING) ** (1 / MOFFAT_BETA) - 1));
  const [cx, cy] = [x - 1, y - 1];
  const profile = (dx, dy) => centre * (1 + (dx * dx + dy * dy) / (alpha * alpha)) ** -MOFFAT_BETA;
  for (
    let row = Math.max(0, Math.ceil(cy - reach));
    row <= Math.min(height - 1, Math.floor(cy + reach));
    row++
  ) {
    for (
      let column = Math.max(0, Math.ceil(cx - reach));
      column <= Math.min(width - 1, Math.floor(cx + reach));
      column++
    ) {
      const near = Math.hypot(column - cx, row - cy) < SUBPIXEL_RADIUS;
      light[row * width + column] += near
        ? pixelAverage(profile, column - cx, row - cy)
        : profile(column - cx, row - cy);
    }
  }
}

function pixelAverage(profile, dx, dy) {
  let sum = 0;
  for (let i = 0; i < SUBPIXELS; i++) {
    for (let j = 0; j < SUBPIXELS; j++)
      sum += profile(dx + (i + 0.5) / SUBPIXELS - 0.5, dy + (j + 0.5) / SUBPIXELS - 0.5);
  }
  return sum / (SUBPIXELS * SUBPIXELS);
}

/** A particle crosses the detector in a straight line and leaves charge in every pixel it passes. */
function addCosmicRay(counts, { width, height }, random) {
  const angle = random.between(0, 2 * Math.PI);
  const length = 1 + Math.floor(-3 * Math.log(1 - random.next()));
  const charge = 200 * 10 ** random.between(0, 1.5);
  const [x0, y0] = [random.between(0, width), random.between(0, height)];
  for (let step = 0; step < length; step++) {
    const column = Math.floor(x0 + step * Math.cos(angle));
    const row = Math.floor(y0 + step * Math.sin(angle));
    if (column >= 0 && column < width && row >= 0 && row < height)
      counts[row * width + column] += charge * random.between(0.6, 1.4);
  }
}
