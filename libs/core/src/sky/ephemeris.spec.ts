import fc from 'fast-check';
import { angularSeparationDeg } from '../filter/sphere.js';
import { horizontalPosition, separationAtSiteDeg, separationFromStarsDeg, type Site } from './ephemeris.js';
import {
  altitudeOfDateDeg,
  lowPrecisionMoon,
  lowPrecisionSun,
  topocentricAltitudeDeg,
  toJ2000,
} from './testing/low-precision-sky.js';

const GOLDEN: Site = { latitudeDeg: 39.742476, longitudeDeg: -105.1786, altitudeM: 1830.14 };
const ALMA: Site = { latitudeDeg: -22.959748, longitudeDeg: -67.78726, altitudeM: 5186 };

/**
 * Apparent right ascension and declination of the Moon from ALMA (geodetic, 5186 m), 2020-04-06 at 0 h, 1 h … 23 h UTC: JPL Horizons,
 * as the tests of astropy quote them (test_horizons_consistency_with_precision).
 */
const MOON_FROM_ALMA: readonly (readonly [number, number])[] = [
  [170.167332531, 10.269112037],
  [170.560688674, 10.058820647],
  [170.923834838, 9.837152044],
  [171.271663481, 9.603724551],
  [171.620188972, 9.358956528],
  [171.985340827, 9.10401239],
  [172.381766539, 8.840674927],
  [172.821772139, 8.571162442],
  [173.31450265, 8.297917326],
  [173.865422398, 8.023394488],
  [174.476108551, 7.749873882],
  [175.144332386, 7.479312991],
  [175.86437531, 7.213246666],
  [176.627519827, 6.952732614],
  [177.422655853, 6.698336823],
  [178.23695573, 6.450150213],
  [179.056584831, 6.207828142],
  [179.867427392, 5.970645962],
  [180.655815385, 5.737565957],
  [181.409252074, 5.507313851],
  [182.117113814, 5.278462034],
  [182.771311578, 5.049521497],
  [183.366872837, 4.819038911],
  [183.902395443, 4.585696512],
];

describe('the ephemeris', () => {
  it('has the Sun where the worked example of the Solar Position Algorithm has it (Reda and Andreas, NREL/TP-560-34302)', () => {
    const sun = horizontalPosition('sun', new Date('2003-10-17T19:30:30Z'), GOLDEN);
    // Table A5.1: e0 = 39.872046° without refraction, azimuth 194.340241°.
    expect(Math.abs(sun.altitudeDeg - 39.872046)).toBeLessThan(0.005);
    expect(Math.abs(sun.azimuthDeg - 194.340241)).toBeLessThan(0.01);
  });

  it('has the Moon where JPL Horizons has it, seen from the Atacama over a whole day', () => {
    MOON_FROM_ALMA.forEach(([raDeg, decDeg], hour) => {
      const at = new Date(Date.UTC(2020, 3, 6, hour));
      const expected = altitudeOfDateDeg({ raDeg, decDeg }, at, ALMA);
      expect(Math.abs(horizontalPosition('moon', at, ALMA).altitudeDeg - expected)).toBeLessThan(0.02);
    });
  });

  it.each([
    // Meeus, Astronomical Algorithms, example 47.a: 1992 April 12.0 TD, when TT − UTC was 58.2 s.
    ['moon', '1992-04-11T23:59:01.800Z', 134.68847, 13.768368],
    // JPL Horizons, as the tests of astropy quote it (TestPositionsGeocentric).
    ['moon', '1980-03-25T00:00:00Z', 113.010917, 18.568056],
    ['sun', '1980-03-25T00:00:00Z', 4.129167, 1.788028],
  ] as const)(
    'has the %s where it is published, from the centre of the Earth at %s',
    (body, time, ra, dec) => {
      const at = new Date(time);
      const published = toJ2000({ raDeg: ra, decDeg: dec }, at);
      expect(separationFromStarsDeg(body, at, published, null)).toBeLessThan(0.01);
    },
  );

  const moment = fc
    .integer({ min: Date.UTC(1951, 0, 1), max: Date.UTC(2049, 11, 31) })
    .map((milliseconds) => new Date(milliseconds));
  const site = fc.record({
    latitudeDeg: fc.double({ min: -90, max: 90, noNaN: true }),
    longitudeDeg: fc.double({ min: -180, max: 360, noNaN: true }),
    altitudeM: fc.double({ min: 0, max: 6000, noNaN: true }),
  });
  const direction = fc.record({
    raDeg: fc.double({ min: 0, max: 360, noNaN: true }),
    decDeg: fc.double({ min: -90, max: 90, noNaN: true }),
  });

  it('agrees with the low-precision formulas of the Astronomical Almanac, anywhere from 1951 to 2049', () => {
    fc.assert(
      fc.property(moment, site, direction, (at, place, star) => {
        const [sun, moon] = [lowPrecisionSun(at), lowPrecisionMoon(at)];
        const sunAltitude = horizontalPosition('sun', at, place).altitudeDeg;
        expect(Math.abs(sunAltitude - topocentricAltitudeDeg(sun, at, place))).toBeLessThan(0.02);
        const moonAltitude = horizontalPosition('moon', at, place).altitudeDeg;
        expect(Math.abs(moonAltitude - topocentricAltitudeDeg(moon, at, place))).toBeLessThan(0.35);
        const fromSun = angularSeparationDeg(sun.ofJ2000.raDeg, sun.ofJ2000.decDeg, star.raDeg, star.decDeg);
        expect(Math.abs(separationFromStarsDeg('sun', at, star, place) - fromSun)).toBeLessThan(0.02);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('measures the same angle among the stars and at the site', () => {
    fc.assert(
      fc.property(moment, site, (at, place) => {
        const atSite = separationAtSiteDeg('moon', at, horizontalPosition('sun', at, place), place);
        const amongStars = separationFromStarsDeg('moon', at, lowPrecisionSun(at).ofJ2000, place);
        expect(Math.abs(atSite - amongStars)).toBeLessThan(0.03);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'has an answer at the ends of time: %s',
    (text) => {
      for (const body of ['sun', 'moon'] as const) {
        const { altitudeDeg, azimuthDeg } = horizontalPosition(body, new Date(text), ALMA);
        expect(Math.abs(altitudeDeg)).toBeLessThanOrEqual(90);
        expect(azimuthDeg).toBeGreaterThanOrEqual(0);
      }
    },
  );
});
