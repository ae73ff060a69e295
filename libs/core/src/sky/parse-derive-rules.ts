import { DocumentReader } from '../definition/document-reader.js';
import { DIMENSION_NAME } from '../filter/filter.js';
import { parseJsonPath } from '../filter/json-path.js';
import { GROUPING_LIMITS } from '../grouping/grouping-rule.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject, type Json } from '../shared/json.js';
import {
  MERIDIAN_TOLERANCE_DEG,
  RISE_AND_SET_DEG,
  SOURCE_COLUMNS,
  type DeriveRule,
  type DeriveSource,
  type Pointing,
  type SideLabels,
} from './derive-rule.js';
import type { Site } from './ephemeris.js';

const SKY_KEYS = ['kind', 'dim', 'time', 'site'];
const UP_OR_DOWN_KEYS = [...SKY_KEYS, 'limit_deg', 'labels', 'missing'];
const DISTANCE_KEYS = [...SKY_KEYS, 'frame', 'ra', 'dec', 'azimuth', 'elevation'];

/** The keys of each kind of rule. */
const KEYS: Readonly<Record<DeriveRule['kind'], readonly string[]>> = {
  day_night: UP_OR_DOWN_KEYS,
  moon_sky: UP_OR_DOWN_KEYS,
  sun_altitude_deg: SKY_KEYS,
  moon_altitude_deg: SKY_KEYS,
  sun_distance_deg: DISTANCE_KEYS,
  moon_distance_deg: DISTANCE_KEYS,
  direction: ['kind', 'dim', 'azimuth', 'tolerance_deg', 'missing'],
  threshold: ['kind', 'dim', 'value', 'limit', 'at_limit', 'labels', 'missing'],
};
export const DERIVE_KINDS = Object.keys(KEYS) as readonly DeriveRule['kind'][];

/** An observatory names its encoders' means so; other names are given with the rule. */
const AZIMUTH = 'metadata.az_center';
const ELEVATION = 'metadata.el_center';

/**
 * The rules of derived dimensions: a list of objects, each with its `kind` and, where its defaults will not do, more:
 *
 * | kind | gives | further keys (default) |
 * |---|---|---|
 * | `day_night` | `day`, `night` | `limit_deg` (−0.833) |
 * | `moon_sky` | `insky`, `outsky` | `limit_deg` (−0.833) |
 * | `sun_altitude_deg`, `moon_altitude_deg` | degrees | |
 * | `sun_distance_deg`, `moon_distance_deg` | degrees | `frame` (equatorial) with `ra` (ra_deg) and `dec` (dec_deg), or `frame: horizontal` with `azimuth` (metadata.az_center) and `elevation` (metadata.el_center) |
 * | `direction` | `rising`, `setting`, `middle` | `azimuth` (metadata.az_center), `tolerance_deg` (0.0018) |
 * | `threshold` | `high`, `low` | `dim`, `value` and `limit` (needed), `at_limit: above, below` (above) |
 *
 * Every rule takes `dim`, the name of its dimension (that of the kind). Those of the sky take `time` (obs_time) and `site`
 * `{latitude_deg, longitude_deg, altitude_m}` (that of the item's telescope); those that give labels take `missing` (unknown), and where there
 * is a limit `labels: {above, below}`. A value is read from obs_time, obs_time_end, ra_deg, dec_deg, a dimension (also one that an earlier
 * rule gave) or metadata.<path>.
 *
 * @throws DomainError `derive.invalid` whose `problems` name every mistake by JSON pointer.
 */
export function parseDeriveRules(json: unknown): readonly DeriveRule[] {
  const problems: Problem[] = [];
  const rules = readRules(json as Json, problems);
  if (problems.length === 0) return rules;
  throw new DomainError({
    kind: 'invalid',
    code: 'derive.invalid',
    message: `derive ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}`,
    action: 'Correct the rules at the paths that the problems name.',
    problems,
  });
}

function readRules(json: Json, problems: Problem[]): DeriveRule[] {
  if (!Array.isArray(json) || json.length > GROUPING_LIMITS.derive) {
    const message = `must be a list of at most ${GROUPING_LIMITS.derive} rules`;
    problems.push({ code: 'derive.bad_rule', path: '', message });
    return [];
  }
  const names = new Set<string>();
  return (json as readonly Json[]).map((entry, index) => {
    const reader = DocumentReader.of(entry, `/${index}`, keysFor(entry), problems);
    const rule = readRule(reader);
    if (names.has(rule.dim)) reader.report('derive.bad_rule', 'dim', `gives "${rule.dim}" a second time`);
    names.add(rule.dim);
    return rule;
  });
}

/** Of a kind that there is not, every key is right: that it is not there is what has to be said. */
function keysFor(entry: Json): readonly string[] {
  if (!isJsonObject(entry)) return [];
  const kind = DERIVE_KINDS.find((known) => known === entry['kind']);
  return kind === undefined ? Object.keys(entry) : KEYS[kind];
}

function readRule(reader: DocumentReader): DeriveRule {
  const kind = reader.choice('kind', DERIVE_KINDS, null);
  switch (kind) {
    case 'sun_altitude_deg':
    case 'moon_altitude_deg':
      return { kind, ...readSky(reader, kind) };
    case 'day_night':
      return { kind, ...readSky(reader, kind), ...readLimit(reader, { above: 'day', below: 'night' }) };
    case 'moon_sky':
      return { kind, ...readSky(reader, kind), ...readLimit(reader, { above: 'insky', below: 'outsky' }) };
    case 'sun_distance_deg':
    case 'moon_distance_deg':
      return { kind, ...readSky(reader, kind), pointing: readPointing(reader) };
    case 'direction':
      return {
        kind,
        dim: readDim(reader, kind),
        azimuth: readSource(reader, 'azimuth', AZIMUTH),
        toleranceDeg: readNumber(reader, 'tolerance_deg', MERIDIAN_TOLERANCE_DEG, [0, 180]),
        missing: readLabel(reader, 'missing', 'unknown'),
      };
    case 'threshold':
      return readThreshold(reader);
  }
}

const readSky = (reader: DocumentReader, kind: string) => ({
  dim: readDim(reader, kind),
  time: readSource(reader, 'time', 'obs_time'),
  site: readSite(reader),
});

const readLimit = (reader: DocumentReader, labels: Omit<SideLabels, 'missing'>) => ({
  limitDeg: readNumber(reader, 'limit_deg', RISE_AND_SET_DEG, [-90, 90]),
  labels: readLabels(reader, labels),
});

function readThreshold(reader: DocumentReader): DeriveRule {
  for (const key of ['dim', 'value', 'limit'])
    if (!reader.has(key)) reader.report('definition.required', key, `"${key}" is required`);
  return {
    kind: 'threshold',
    dim: readDim(reader, 'threshold'),
    value: readSource(reader, 'value', 'threshold'),
    limit: readNumber(reader, 'limit', 0, [-Number.MAX_VALUE, Number.MAX_VALUE]),
    atLimit: reader.choice('at_limit', ['above', 'below'], 'above'),
    labels: readLabels(reader, { above: 'high', below: 'low' }),
  };
}

const readDim = (reader: DocumentReader, otherwise: string): string =>
  reader.optionalText('dim', { pattern: DIMENSION_NAME, describe: 'the name of a dimension' }) ?? otherwise;

/** The `site` of a rule: `{latitude_deg, longitude_deg, altitude_m}`, null when there is none. */
export function readSite(reader: DocumentReader): Site | null {
  if (!reader.has('site')) return null;
  const site = reader.child('site', ['latitude_deg', 'longitude_deg', 'altitude_m']);
  for (const key of ['latitude_deg', 'longitude_deg'])
    if (!site.has(key)) site.report('definition.required', key, `"${key}" is required`);
  return {
    latitudeDeg: readNumber(site, 'latitude_deg', 0, [-90, 90]),
    longitudeDeg: readNumber(site, 'longitude_deg', 0, [-360, 360]),
    altitudeM: readNumber(site, 'altitude_m', 0, [-500, 10_000]),
  };
}

function readPointing(reader: DocumentReader): Pointing {
  const frame = reader.choice('frame', ['equatorial', 'horizontal'], 'equatorial');
  const others = frame === 'equatorial' ? ['azimuth', 'elevation'] : ['ra', 'dec'];
  for (const key of others.filter((other) => reader.has(other)))
    reader.report('derive.bad_rule', key, `"${key}" has no meaning in the ${frame} frame`);
  return frame === 'equatorial'
    ? { frame, ra: readSource(reader, 'ra', 'ra_deg'), dec: readSource(reader, 'dec', 'dec_deg') }
    : {
        frame,
        azimuth: readSource(reader, 'azimuth', AZIMUTH),
        elevation: readSource(reader, 'elevation', ELEVATION),
      };
}

/** A column of the item, a dimension or a metadata path; null when the text is none of them. */
export function parseDeriveSource(text: string): DeriveSource | null {
  const column = SOURCE_COLUMNS.find((name) => name === text);
  if (column !== undefined) return { kind: 'column', name: column };
  const path = text.startsWith('metadata.') ? parseJsonPath(text.slice('metadata.'.length)) : null;
  if (path !== null) return { kind: 'metadata', path };
  return DIMENSION_NAME.test(text) ? { kind: 'dim', name: text } : null;
}

export const SOURCE_FORMS = `${SOURCE_COLUMNS.join(', ')}, the name of a dimension, or metadata.<path>`;

function readSource(reader: DocumentReader, key: string, otherwise: string): DeriveSource {
  const text = reader.optionalText(key) ?? otherwise;
  const source = parseDeriveSource(text);
  if (source === null) reader.report('definition.value', key, `must be ${SOURCE_FORMS}`);
  return source ?? { kind: 'dim', name: text };
}

function readLabels(reader: DocumentReader, otherwise: Omit<SideLabels, 'missing'>): SideLabels {
  const sides = reader.child('labels', ['above', 'below']);
  const labels = {
    above: readLabel(sides, 'above', otherwise.above),
    below: readLabel(sides, 'below', otherwise.below),
  };
  if (labels.above === labels.below)
    sides.report('derive.bad_rule', 'below', 'must differ from the other label');
  return { ...labels, missing: readLabel(reader, 'missing', 'unknown') };
}

function readLabel(reader: DocumentReader, key: string, otherwise: string): string {
  const label = reader.optionalText(key) ?? otherwise;
  if (label === '' || label.length > GROUPING_LIMITS.labelLength)
    reader.report('definition.value', key, `must have 1 to ${GROUPING_LIMITS.labelLength} characters`);
  return label;
}

export function readNumber(
  reader: DocumentReader,
  key: string,
  otherwise: number,
  [least, most]: readonly [number, number],
): number {
  const value = reader.raw(key);
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const range = most === Number.MAX_VALUE ? '' : ` from ${least} to ${most}`;
  reader.report('definition.type', key, `"${key}" must be a number${range}`);
  return otherwise;
}
