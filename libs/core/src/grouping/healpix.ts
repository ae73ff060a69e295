/** Pixels of 26 arcseconds: the limit of what the sine of a declination in double precision decides near the poles. */
export const MAX_NSIDE = 8192;

/** True for the resolutions that groupings may use: powers of two. */
export const isNside = (value: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= MAX_NSIDE && (value & (value - 1)) === 0;

const RADIANS_PER_DEGREE = 0.017453292519943295;
/**
 * The sine of the declination is rounded to this grid (2^-50): the last bit of a sine differs between libraries, and
 * latitudes like 30° lie exactly on pixel edges.
 */
const SINE_GRID = 1_125_899_906_842_624;

/** PostgreSQL raises an error when a product underflows: coordinates this small are zero in both readers. */
const flushed = (value: number): number => (Math.abs(value) < 1e-30 ? 0 : value);

/**
 * The HEALPix pixel (ring scheme, 0 to 12·nside² − 1) that holds a position.
 *
 * Górski et al. 2005 (ApJ 622, 759), section 4.1, solved for the pixel as in their `ang2pix_ring`: pixel edges are lines
 * of constant `jp` (ascending) and `jm` (descending). The SQL function `healpix_ring` takes the same steps.
 *
 * @param raDeg 0 ≤ RA < 360; @param decDeg −90 to 90.
 */
export function healpixRing(raDeg: number, decDeg: number, nside: number): number {
  const z = Math.floor(Math.sin(flushed(decDeg) * RADIANS_PER_DEGREE) * SINE_GRID + 0.5) / SINE_GRID;
  // Longitude in quarters of a turn; RA 360 is RA 0.
  const quarters = flushed(raDeg) / 90;
  const tt = quarters >= 4 ? 0 : quarters;
  return Math.abs(z) <= 2 / 3 ? equatorialPixel(z, tt, nside) : polarPixel(z, tt, nside);
}

function equatorialPixel(z: number, tt: number, nside: number): number {
  const ascending = Math.floor(nside * (0.5 + tt) - nside * z * 0.75);
  const descending = Math.floor(nside * (0.5 + tt) + nside * z * 0.75);
  // Rings of the equatorial belt from 1 to 2·nside + 1, counted from the north; every other one is shifted by half a pixel.
  const ring = nside + 1 + ascending - descending;
  const shift = ring % 2 === 0 ? 1 : 0;
  const inRing = Math.floor((ascending + descending - nside + shift + 1) / 2) % (4 * nside);
  return 2 * nside * (nside - 1) + (ring - 1) * 4 * nside + inRing;
}

function polarPixel(z: number, tt: number, nside: number): number {
  const fraction = tt - Math.floor(tt);
  const scale = nside * Math.sqrt(3 * (1 - Math.abs(z)));
  // Ring counted from the nearer pole; it has 4·ring pixels.
  const ring = Math.floor(fraction * scale) + Math.floor((1 - fraction) * scale) + 1;
  const inRing = Math.floor(tt * ring) % (4 * ring);
  return z > 0 ? 2 * ring * (ring - 1) + inRing : 12 * nside * nside - 2 * ring * (ring + 1) + inRing;
}
