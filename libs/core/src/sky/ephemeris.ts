import { Body, Equator, EquatorFromVector, GeoVector, Horizon, Observer } from 'astronomy-engine';
import { angularSeparationDeg } from '../filter/sphere.js';

/** A place on the Earth: degrees north, degrees east, metres above the ellipsoid. */
export interface Site {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly altitudeM: number;
}

export type SkyBody = 'sun' | 'moon';

/** A direction among the stars, in degrees of the equator and equinox of J2000 (ICRS to 0.02″). */
export interface EquatorialDirection {
  readonly raDeg: number;
  readonly decDeg: number;
}

/** A direction at a site: degrees from north through east, and above the horizon. */
export interface HorizontalDirection {
  readonly azimuthDeg: number;
  readonly altitudeDeg: number;
}

const BODIES: Readonly<Record<SkyBody, Body>> = { sun: Body.Sun, moon: Body.Moon };
const DEGREES_PER_HOUR = 15;

/**
 * Where the centre of a body stands at a site: topocentric, without refraction, good to 0.02°.
 *
 * Positions are those of astronomy-engine: VSOP87 for the Sun and the lunar theory of Montenbruck and Pfleger, cut to one arcminute, with
 * nutation and ΔT after Espenak and Meeus.
 */
export function horizontalPosition(body: SkyBody, at: Date, site: Site): HorizontalDirection {
  const observer = new Observer(site.latitudeDeg, site.longitudeDeg, site.altitudeM);
  // Of date, as the horizon is; with aberration, as light arrives.
  const { ra, dec } = Equator(BODIES[body], at, observer, true, true);
  const { azimuth, altitude } = Horizon(at, observer, ra, dec);
  return { azimuthDeg: azimuth, altitudeDeg: altitude };
}

/** Angle in degrees between a body and a direction among the stars, seen from the site, or from the Earth's centre without one. */
export function separationFromStarsDeg(
  body: SkyBody,
  at: Date,
  { raDeg, decDeg }: EquatorialDirection,
  site: Site | null,
): number {
  const { ra, dec } =
    site === null
      ? EquatorFromVector(GeoVector(BODIES[body], at, true))
      : Equator(
          BODIES[body],
          at,
          new Observer(site.latitudeDeg, site.longitudeDeg, site.altitudeM),
          false,
          true,
        );
  return angularSeparationDeg(ra * DEGREES_PER_HOUR, dec, raDeg, decDeg);
}

/** Angle in degrees between a body and a direction at the site; both are taken without refraction. */
export function separationAtSiteDeg(
  body: SkyBody,
  at: Date,
  { azimuthDeg, altitudeDeg }: HorizontalDirection,
  site: Site,
): number {
  const position = horizontalPosition(body, at, site);
  return angularSeparationDeg(position.azimuthDeg, position.altitudeDeg, azimuthDeg, altitudeDeg);
}
