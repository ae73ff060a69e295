import { healpixRing, isNside, MAX_NSIDE } from './healpix.js';

/** Centre of a pixel as [RA, Dec], from equations 2 to 9 of Górski et al. 2005, section 4.1: the inverse of what is tested. */
function pixelCentre(pixel: number, nside: number): [number, number] {
  const cap = 2 * nside * (nside - 1);
  const total = 12 * nside * nside;
  const degrees = (z: number, phi: number): [number, number] => [
    (phi * 180) / Math.PI,
    (Math.asin(z) * 180) / Math.PI,
  ];
  if (pixel >= total - cap) {
    const [ra, dec] = pixelCentre(total - 1 - pixel, nside);
    return [(360 - ra) % 360, -dec];
  }
  if (pixel < cap) {
    const half = (pixel + 1) / 2;
    const ring = Math.floor(Math.sqrt(half - Math.sqrt(Math.floor(half)))) + 1;
    const inRing = pixel + 1 - 2 * ring * (ring - 1);
    return degrees(1 - (ring * ring) / (3 * nside * nside), (Math.PI / (2 * ring)) * (inRing - 0.5));
  }
  const ring = Math.floor((pixel - cap) / (4 * nside)) + nside;
  const inRing = ((pixel - cap) % (4 * nside)) + 1;
  // Rings alternate between half a pixel east of RA 0 and RA 0 itself. (Equation 9 as printed turns the latter by a whole
  // pixel; the published code, and every library since, begins them at RA 0.)
  const start = (ring - nside) % 2 === 0 ? 0.5 : 1;
  return degrees(4 / 3 - (2 * ring) / (3 * nside), (Math.PI / (2 * nside)) * (inRing - start));
}

describe('healpixRing', () => {
  it.each([1, 2, 4, 8, 16, 32, 64])('finds every pixel of nside %i by its centre', (nside) => {
    const wrong = Array.from({ length: 12 * nside * nside }, (_, pixel) => pixel).filter(
      (pixel) => healpixRing(...pixelCentre(pixel, nside), nside) !== pixel,
    );
    expect(wrong).toEqual([]);
  });

  it('finds pixels of the finest resolution by their centres', () => {
    const total = 12 * MAX_NSIDE * MAX_NSIDE;
    const pixels = Array.from({ length: 20_000 }, (_, index) => Math.floor((index * total) / 20_000));
    expect(
      pixels.filter((pixel) => healpixRing(...pixelCentre(pixel, MAX_NSIDE), MAX_NSIDE) !== pixel),
    ).toEqual([]);
  });

  // As in the documentation of healpy.ang2pix. RA 0, Dec 0 is a corner of four pixels: healpy says 1440 (its cosine of 90° is
  // 6e-17), and with a Dec of exactly 0 it is the one to the south.
  it.each([
    [0, 0, 1504],
    [45, 45, 427],
    [90, 0, 1520],
    [0, 90, 0],
    [0, -90, 3068],
  ])('puts RA %d, Dec %d into pixel %i of nside 16', (ra, dec, pixel) => {
    expect(healpixRing(ra, dec, 16)).toBe(pixel);
  });

  it('puts the poles into the first and last ring, whatever the RA', () => {
    expect(
      [0, 89.9, 90, 180, 359.99999999999994].map((ra) => [healpixRing(ra, 90, 64), healpixRing(ra, -90, 64)]),
    ).toEqual([
      [0, 49148],
      [0, 49148],
      [1, 49149],
      [2, 49150],
      [3, 49151],
    ]);
  });

  it('gives every position of a fine net a pixel that exists', () => {
    const declinations = [
      -90, -60, -41.810314895778596, -30, -1e-200, 0, 5e-324, 30, 41.810314895778596, 60, 89.9999999, 90,
    ];
    const positions = Array.from({ length: 48 }, (_, index) => index * 7.5).flatMap((ra) =>
      declinations.map((dec) => ({ ra, dec })),
    );
    const outside = [1, 2, 64, MAX_NSIDE].flatMap((nside) =>
      positions.filter(({ ra, dec }) => {
        const pixel = healpixRing(ra, dec, nside);
        return !Number.isInteger(pixel) || pixel < 0 || pixel >= 12 * nside * nside;
      }),
    );
    expect(outside).toEqual([]);
  });

  it('knows resolutions as powers of two', () => {
    expect([0, 1, 2, 3, 64, 100, 8192, 16384, 1.5, -2].map(isNside)).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
  });
});
