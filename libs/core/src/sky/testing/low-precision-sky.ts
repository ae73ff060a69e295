import type { EquatorialDirection, Site } from '../ephemeris.js';

/**
 * The low-precision formulas of the Astronomical Almanac (pages C5 and D22), with which the ephemeris is compared: another way to the
 * same positions, good to 0.01° for the Sun from 1950 to 2050 and to 0.3° in longitude and 0.2° in latitude for the Moon.
 */
export interface LowPrecisionPosition {
  /** Seen from the Earth's centre, equator and equinox of date. */
  readonly ofDate: EquatorialDirection;
  readonly ofJ2000: EquatorialDirection;
  readonly parallaxDeg: number;
}

const DEGREE = Math.PI / 180;
const sin = (degrees: number): number => Math.sin(degrees * DEGREE);
const cos = (degrees: number): number => Math.cos(degrees * DEGREE);
const turned = (degrees: number): number => ((degrees % 360) + 360) % 360;

/** Days since 2000-01-01 12 h. */
const daysOf = (at: Date): number => at.getTime() / 86_400_000 - 10_957.5;

export function lowPrecisionSun(at: Date): LowPrecisionPosition {
  const n = daysOf(at);
  const g = 357.528 + 0.9856003 * n;
  const longitude = 280.46 + 0.9856474 * n + 1.915 * sin(g) + 0.02 * sin(2 * g);
  return {
    ofDate: equatorial(longitude, 0, 23.439 - 0.0000004 * n),
    ofJ2000: equatorial(longitude - (1.397 * n) / 36_525, 0, 23.439),
    parallaxDeg: 0.00244,
  };
}

export function lowPrecisionMoon(at: Date): LowPrecisionPosition {
  const n = daysOf(at);
  const t = n / 36_525;
  const [a, b, c, d] = [
    135.0 + 477198.87 * t,
    259.3 - 413335.36 * t,
    235.7 + 890534.22 * t,
    269.9 + 954397.74 * t,
  ];
  const longitude =
    218.32 +
    481267.881 * t +
    6.29 * sin(a) -
    1.27 * sin(b) +
    0.66 * sin(c) +
    0.21 * sin(d) -
    0.19 * sin(357.5 + 35999.05 * t) -
    0.11 * sin(186.5 + 966404.03 * t);
  const latitude =
    5.13 * sin(93.3 + 483202.02 * t) +
    0.28 * sin(228.2 + 960400.89 * t) -
    0.28 * sin(318.3 + 6003.15 * t) -
    0.17 * sin(217.6 - 407332.21 * t);
  const parallaxDeg = 0.9508 + 0.0518 * cos(a) + 0.0095 * cos(b) + 0.0078 * cos(c) + 0.0028 * cos(d);
  const obliquity = 23.439 - 0.0000004 * n;
  return {
    ofDate: equatorial(longitude, latitude, obliquity),
    ofJ2000: equatorial(longitude - 1.397 * t, latitude, 23.439),
    parallaxDeg,
  };
}

function equatorial(longitude: number, latitude: number, obliquity: number): EquatorialDirection {
  const x = cos(latitude) * cos(longitude);
  const y = cos(obliquity) * cos(latitude) * sin(longitude) - sin(obliquity) * sin(latitude);
  const z = sin(obliquity) * cos(latitude) * sin(longitude) + cos(obliquity) * sin(latitude);
  return { raDeg: turned(Math.atan2(y, x) / DEGREE), decDeg: Math.asin(z) / DEGREE };
}

/** Precession to J2000 to first order (m and n of the Almanac): enough for a few decades, away from the poles. */
export function toJ2000({ raDeg, decDeg }: EquatorialDirection, at: Date): EquatorialDirection {
  const years = daysOf(at) / 365.25;
  const [m, n] = [0.0128123 * years, 0.0055675 * years];
  return {
    raDeg: raDeg - m - (n * sin(raDeg) * sin(decDeg)) / cos(decDeg),
    decDeg: decDeg - n * cos(raDeg),
  };
}

/** Of a direction as it is seen from the site, equator and equinox of date. */
export function altitudeOfDateDeg({ raDeg, decDeg }: EquatorialDirection, at: Date, site: Site): number {
  const siderealDeg = 280.46061837 + 360.98564736629 * daysOf(at);
  const hourAngle = siderealDeg + site.longitudeDeg - raDeg;
  const sine = sin(site.latitudeDeg) * sin(decDeg) + cos(site.latitudeDeg) * cos(decDeg) * cos(hourAngle);
  return Math.asin(Math.max(-1, Math.min(1, sine))) / DEGREE;
}

/** Of a body at its distance: lower than from the Earth's centre by the parallax. */
export function topocentricAltitudeDeg(
  { ofDate, parallaxDeg }: LowPrecisionPosition,
  at: Date,
  site: Site,
): number {
  const altitude = altitudeOfDateDeg(ofDate, at, site);
  return Math.atan2(sin(altitude) - sin(parallaxDeg), cos(altitude)) / DEGREE;
}
