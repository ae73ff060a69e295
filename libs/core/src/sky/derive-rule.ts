import type { ValueSource } from '../grouping/grouping-rule.js';
import type { Site } from './ephemeris.js';

/** Columns of the item itself that a rule may read. */
export const SOURCE_COLUMNS = ['obs_time', 'obs_time_end', 'ra_deg', 'dec_deg'] as const;

/** Where a rule reads a value: a column of the item, a dimension or a value in the metadata. */
export type DeriveSource =
  { readonly kind: 'column'; readonly name: (typeof SOURCE_COLUMNS)[number] } | ValueSource;

/** What an item is called on either side of a limit, and when its inputs are not there. */
export interface SideLabels {
  readonly above: string;
  readonly below: string;
  readonly missing: string;
}

interface SkyRule {
  /** The dimension that the rule gives. */
  readonly dim: string;
  /** When: the beginning of the observation, if nothing is said. */
  readonly time: DeriveSource;
  /** Where; null is the site of the item's telescope. */
  readonly site: Site | null;
}

/** Degrees of the body's centre above the horizon, refraction left out; null without a time or a site. */
export interface AltitudeRule extends SkyRule {
  readonly kind: 'sun_altitude_deg' | 'moon_altitude_deg';
}

/** Whether the body stands at the limit or above it. */
export interface UpOrDownRule extends SkyRule {
  readonly kind: 'day_night' | 'moon_sky';
  readonly limitDeg: number;
  readonly labels: SideLabels;
}

/** Where a telescope points. */
export type Pointing =
  | { readonly frame: 'equatorial'; readonly ra: DeriveSource; readonly dec: DeriveSource }
  | { readonly frame: 'horizontal'; readonly azimuth: DeriveSource; readonly elevation: DeriveSource };

/**
 * Degrees between the pointing and the body's centre, 0 to 180; null when an input is missing. The Moon is up to 1° elsewhere for another
 * site and needs one; the Sun needs one only for a pointing in azimuth and elevation.
 */
export interface DistanceRule extends SkyRule {
  readonly kind: 'sun_distance_deg' | 'moon_distance_deg';
  readonly pointing: Pointing;
}

/** `rising` east of the meridian (azimuth below 180°), `setting` west of it, `middle` within the tolerance of 180°. */
export interface DirectionRule {
  readonly kind: 'direction';
  readonly dim: string;
  readonly azimuth: DeriveSource;
  readonly toleranceDeg: number;
  readonly missing: string;
}

/** Which side of a limit a number is on; `atLimit` is the side of the limit itself. */
export interface ThresholdRule {
  readonly kind: 'threshold';
  readonly dim: string;
  readonly value: DeriveSource;
  readonly limit: number;
  readonly atLimit: 'above' | 'below';
  readonly labels: SideLabels;
}

/** A dimension that is computed of an item's own row: it is the same whenever it is computed. */
export type DeriveRule = AltitudeRule | UpOrDownRule | DistanceRule | DirectionRule | ThresholdRule;

/**
 * The Sun and the Moon rise and set when their centre is here: 34′ of refraction at the horizon and 16′ of radius, the convention of
 * the Astronomical Almanac.
 */
export const RISE_AND_SET_DEG = -0.833;

/** What numpy.isclose(azimuth, 180) takes for 180: 1e-8 + 1e-5 × 180, as the null tests of the Simons Observatory do. */
export const MERIDIAN_TOLERANCE_DEG = 0.00180001;
