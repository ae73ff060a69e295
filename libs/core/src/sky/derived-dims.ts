import type { FilterTable } from '../filter/column-catalogue.js';
import { canonicalInstant } from '../filter/instant.js';
import type { ItemRow } from '../filter/item-row.js';
import { valueAt } from '../filter/json-path.js';
import type { Dims, Json, JsonScalar } from '../shared/json.js';
import type { DeriveRule, DeriveSource, DirectionRule, DistanceRule, SideLabels } from './derive-rule.js';
import {
  horizontalPosition,
  separationAtSiteDeg,
  separationFromStarsDeg,
  type Site,
  type SkyBody,
} from './ephemeris.js';

/**
 * The dimensions that the rules give an item, each a pure function of its row: the same today and in ten years, on every machine
 * to 0.0001°. A rule sees those of the rules before it.
 */
export function deriveDims(rules: readonly DeriveRule[], row: ItemRow): Dims {
  let seen = row;
  const derived: [string, JsonScalar][] = [];
  for (const rule of rules) {
    const value = deriveOne(rule, seen);
    derived.push([rule.dim, value]);
    seen = { ...seen, dims: { ...seen.dims, [rule.dim]: value } };
  }
  return Object.fromEntries(derived);
}

/** The tables that the rules read beside the item: a change of one of them may change any of the dimensions. */
export const tablesOfDeriveRules = (rules: readonly DeriveRule[]): ReadonlySet<FilterTable> =>
  new Set(rules.some((rule) => 'site' in rule && rule.site === null) ? ['Telescope'] : []);

function deriveOne(rule: DeriveRule, row: ItemRow): JsonScalar {
  switch (rule.kind) {
    case 'sun_altitude_deg':
      return rounded(altitudeDeg('sun', rule, row));
    case 'moon_altitude_deg':
      return rounded(altitudeDeg('moon', rule, row));
    case 'day_night':
      return sideOf(altitudeDeg('sun', rule, row), rule.limitDeg, 'above', rule.labels);
    case 'moon_sky':
      return sideOf(altitudeDeg('moon', rule, row), rule.limitDeg, 'above', rule.labels);
    case 'sun_distance_deg':
      return rounded(distanceDeg('sun', rule, row));
    case 'moon_distance_deg':
      return rounded(distanceDeg('moon', rule, row));
    case 'direction':
      return directionOf(rule, numberAt(rule.azimuth, row));
    case 'threshold':
      return sideOf(numberAt(rule.value, row), rule.limit, rule.atLimit, rule.labels);
  }
}

/** More decimals than the theory has, and few enough that the last bit of a cosine does not show. */
const rounded = (degrees: number | null): number | null =>
  degrees === null ? null : Math.round(degrees * 10_000) / 10_000;

function sideOf(value: number | null, limit: number, atLimit: 'above' | 'below', labels: SideLabels): string {
  if (value === null) return labels.missing;
  return value > limit || (value === limit && atLimit === 'above') ? labels.above : labels.below;
}

function directionOf({ toleranceDeg, missing }: DirectionRule, azimuth: number | null): string {
  if (azimuth === null) return missing;
  const turned = ((azimuth % 360) + 360) % 360;
  if (Math.abs(turned - 180) <= toleranceDeg) return 'middle';
  return turned > 180 ? 'setting' : 'rising';
}

interface PlaceAndTime {
  readonly time: DeriveSource;
  readonly site: Site | null;
}

function altitudeDeg(body: SkyBody, rule: PlaceAndTime, row: ItemRow): number | null {
  const at = timeAt(rule.time, row);
  const site = siteOf(rule, row);
  return at === null || site === null ? null : horizontalPosition(body, at, site).altitudeDeg;
}

function distanceDeg(body: SkyBody, rule: DistanceRule, row: ItemRow): number | null {
  const { pointing } = rule;
  const at = timeAt(rule.time, row);
  const site = siteOf(rule, row);
  if (at === null || (site === null && body === 'moon')) return null;
  if (pointing.frame === 'equatorial') {
    const [raDeg, decDeg] = [numberAt(pointing.ra, row), numberAt(pointing.dec, row)];
    if (raDeg === null || decDeg === null) return null;
    return separationFromStarsDeg(body, at, { raDeg, decDeg }, site);
  }
  const [azimuthDeg, elevationDeg] = [numberAt(pointing.azimuth, row), numberAt(pointing.elevation, row)];
  if (azimuthDeg === null || elevationDeg === null || site === null) return null;
  return separationAtSiteDeg(body, at, { azimuthDeg, altitudeDeg: elevationDeg }, site);
}

function siteOf({ site }: PlaceAndTime, row: ItemRow): Site | null {
  if (site !== null) return site;
  const telescope = row.tables.Telescope ?? {};
  const [latitudeDeg, longitudeDeg, altitudeM] = ['latitude_deg', 'longitude_deg', 'altitude_m'].map(
    (column) => finite(telescope[column]),
  ) as [number | null, number | null, number | null];
  if (latitudeDeg === null || longitudeDeg === null) return null;
  return { latitudeDeg, longitudeDeg, altitudeM: altitudeM ?? 0 };
}

function timeAt(source: DeriveSource, row: ItemRow): Date | null {
  const value = valueOf(source, row);
  const instant = typeof value === 'string' ? canonicalInstant(value) : null;
  return instant === null ? null : new Date(instant);
}

const numberAt = (source: DeriveSource, row: ItemRow): number | null => finite(valueOf(source, row));

const finite = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null);

function valueOf(source: DeriveSource, row: ItemRow): Json | undefined {
  switch (source.kind) {
    case 'column':
      return row[source.name];
    case 'metadata':
      return valueAt(row.metadata, source.path);
    case 'dim':
      return Object.hasOwn(row.dims, source.name) ? row.dims[source.name] : undefined;
  }
}
