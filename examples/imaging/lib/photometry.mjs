/** From counts to magnitudes: the zero point, and what the exposure time does to it. */

/**
 * @typedef {object} Calibration
 * @property {number} zeroPoint magnitude of a source of one count in this image
 * @property {string | null} keyword where it came from; null when the header has none and magnitudes are instrumental
 */

/**
 * Zero point for counts as they are in the image. Headers mean one of two
 * things by it, and only the observatory knows which: the magnitude of one count
 * in this image (2MASS), or of one count a second. With `perSecond` the exposure
 * time turns the second into the first.
 * @param {import('./fits-header.mjs').FitsHeader} header
 * @param {{keywords: readonly string[], perSecond: boolean, exposureKeyword: string}} options
 * @returns {Calibration}
 */
export function readCalibration(header, { keywords, perSecond, exposureKeyword }) {
  const keyword = keywords.find((name) => header.number(name) !== undefined);
  if (keyword === undefined) return { zeroPoint: 0, keyword: null };
  const exposure = header.number(exposureKeyword);
  const correction = perSecond && exposure > 0 ? 2.5 * Math.log10(exposure) : 0;
  return { zeroPoint: header.number(keyword) + correction, keyword };
}

/** @param {number} flux counts; NaN magnitude when not positive */
export const magnitudeOf = (flux, zeroPoint) => (flux > 0 ? zeroPoint - 2.5 * Math.log10(flux) : NaN);

/** One sigma of a magnitude, from the relative error of the flux. */
export const magnitudeError = (flux, fluxError) => (flux > 0 ? ((2.5 / Math.LN10) * fluxError) / flux : NaN);
