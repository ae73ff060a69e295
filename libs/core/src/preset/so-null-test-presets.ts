import { GROUPING_LIMITS, SPLIT_METHODS } from '../grouping/grouping-rule.js';
import type { Json, JsonObject } from '../shared/json.js';
import { RISE_AND_SET_DEG } from '../sky/derive-rule.js';
import {
  byParameter,
  type GroupingPreset,
  type PresetParameter,
  type PresetValues,
} from './grouping-preset.js';

const CHUNK: PresetParameter = {
  name: 'chunk',
  type: 'integer',
  default: 10,
  min: 1,
  max: GROUPING_LIMITS.chunk,
  description: 'Observations that stay together, at most.',
};
const splits = (otherwise: number): PresetParameter => ({
  name: 'n',
  type: 'integer',
  default: otherwise,
  min: 1,
  max: GROUPING_LIMITS.splits,
  description: 'Splits of each class.',
});
const METHOD: PresetParameter = {
  name: 'method',
  type: 'choice',
  choices: SPLIT_METHODS,
  default: 'interleave',
  description: 'How the chunks are dealt to the splits.',
};
const SEED: PresetParameter = {
  name: 'seed',
  type: 'integer',
  default: 0,
  min: 0,
  max: 2_147_483_647,
  description: 'What the method random begins with.',
};
const dealing = (n: number): readonly PresetParameter[] => [CHUNK, splits(n), METHOD, SEED, byParameter()];

const MISSING: PresetParameter = {
  name: 'missing',
  type: 'text',
  default: 'unknown',
  description: 'The class of observations that do not say; the name of another class puts them there.',
};
const SITE: PresetParameter = {
  name: 'site',
  type: 'site',
  default: null,
  description: '{latitude_deg, longitude_deg, altitude_m}; otherwise that of the telescope.',
};
const source = (name: string, otherwise: string, what: string): PresetParameter => ({
  name,
  type: 'source',
  default: otherwise,
  description: `Where the ${what} is: a dimension or metadata.<path>.`,
});
const AZIMUTH = source('azimuth', 'metadata.az_center', 'azimuth in degrees');
const ELEVATION = source('elevation', 'metadata.el_center', 'elevation in degrees');
const limit = (name: string, otherwise: number, range: readonly [number, number], description: string) =>
  ({ name, type: 'number', default: otherwise, min: range[0], max: range[1], description }) as const;

const split = (value: PresetValues, classes: JsonObject): { group_by: Json; step: JsonObject } => ({
  group_by: {
    by: value('by'),
    split: {
      ...classes,
      order_by: 'obs_time',
      chunk: value('chunk'),
      n: value('n'),
      method: value('method'),
      seed: value('seed'),
    },
  },
  step: {},
});

/** A class for each label of a derived dimension, in this order, and one for what is missing. */
function classes(
  value: PresetValues,
  dim: string,
  { labels, derive }: { labels: readonly string[]; derive: readonly JsonObject[] },
): JsonObject {
  const cases = [...new Set([...labels, value('missing') as string])];
  return {
    derive,
    partition: cases.map((label) => ({ label, when: { dim, operator: 'eq', value: label } })),
  };
}

const ORIGIN =
  'Each class is cut into chunks of neighbours in time, which are dealt to its splits; maps of the splits differ by noise alone. After the null tests of the Simons Observatory.';

interface ClassTest {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: readonly PresetParameter[];
  readonly labels: readonly string[];
  readonly dim: string;
  /** The rules that give the dimension its labels. */
  readonly derive: (value: PresetValues) => readonly JsonObject[];
}

const classTest = ({
  name,
  title,
  description,
  parameters,
  labels,
  dim,
  derive,
}: ClassTest): GroupingPreset => ({
  name,
  title,
  description: `${description} ${ORIGIN}`,
  parameters: [...parameters, MISSING, ...dealing(2)],
  build: (value) => split(value, classes(value, dim, { labels, derive: derive(value) })),
});

const upOrDown = (
  name: string,
  body: 'Sun' | 'Moon',
  kind: string,
  labels: readonly string[],
): GroupingPreset =>
  classTest({
    name,
    title: body === 'Sun' ? 'By day or by night' : 'With the Moon up or down',
    description: `Classes ${labels.join(' and ')}: the ${body} stands above the limit at the beginning of the observation, or below.`,
    parameters: [
      SITE,
      limit('limit_deg', RISE_AND_SET_DEG, [-90, 90], `Altitude of the ${body}'s centre, in degrees.`),
    ],
    labels,
    dim: kind,
    derive: (value) => [
      { kind, site: value('site'), limit_deg: value('limit_deg'), missing: value('missing') },
    ],
  });

const closeTo = (name: string, body: 'Sun' | 'Moon', kind: string): GroupingPreset =>
  classTest({
    name,
    title: `Close to the ${body} or far from it`,
    description: `Classes close and far: the telescope points no farther from the ${body} than distance_deg and margin_deg together, or farther.`,
    parameters: [
      limit('distance_deg', 10, [0, 180], 'What counts as close, in degrees.'),
      limit('margin_deg', 1, [0, 180], 'What is added for the width of the focal plane.'),
      {
        name: 'frame',
        type: 'choice',
        choices: ['horizontal', 'equatorial'],
        default: 'horizontal',
        description: "Point by azimuth and elevation, or by the item's right ascension and declination.",
      },
      AZIMUTH,
      ELEVATION,
      SITE,
    ],
    labels: ['close', 'far'],
    dim: `${body.toLowerCase()}_is`,
    derive: (value) => [
      {
        kind,
        site: value('site'),
        frame: value('frame'),
        ...(value('frame') === 'horizontal'
          ? { azimuth: value('azimuth'), elevation: value('elevation') }
          : {}),
      },
      {
        kind: 'threshold',
        dim: `${body.toLowerCase()}_is`,
        value: kind,
        limit: Number(value('distance_deg')) + Number(value('margin_deg')),
        at_limit: 'below',
        labels: { above: 'far', below: 'close' },
        missing: value('missing'),
      },
    ],
  });

/** The nine null tests of the Simons Observatory. */
export const SO_NULL_TEST_PRESETS: readonly GroupingPreset[] = [
  {
    name: 'so-null-mission',
    title: 'All observations, in splits',
    description: `One class. ${ORIGIN}`,
    parameters: dealing(8),
    build: (value) => split(value, {}),
  },
  {
    name: 'so-null-wafer',
    title: 'By detector wafer',
    description: `A class for each wafer; an observation with several wafers is in several classes. Where tubes have wafers of the same name, give \`by\` the dimension of the tube. ${ORIGIN}`,
    parameters: [
      source('wafers', 'metadata.wafer_slots_list', 'list of wafers, or a text that lists them,'),
      { name: 'separator', type: 'text', default: ',', description: 'Between the wafers of a text.' },
      ...dealing(8),
    ],
    build: (value) =>
      split(value, { partition: { values_of: value('wafers'), separator: value('separator') } }),
  },
  classTest({
    name: 'so-null-direction',
    title: 'By scan direction',
    description: 'Classes rising, setting and middle: azimuth below, above and at 180° (modulo 360°).',
    parameters: [AZIMUTH],
    labels: ['rising', 'setting', 'middle'],
    dim: 'direction',
    derive: (value) => [{ kind: 'direction', azimuth: value('azimuth'), missing: value('missing') }],
  }),
  classTest({
    name: 'so-null-pwv',
    title: 'By precipitable water vapour',
    description: 'Classes high and low: above the limit, or at it and below.',
    parameters: [
      source('pwv', 'metadata.pwv', 'water vapour in mm'),
      limit('pwv_limit', 2, [0, 1000], 'In mm; the limit itself is low.'),
    ],
    labels: ['high', 'low'],
    dim: 'pwv_is',
    derive: (value) => [
      {
        kind: 'threshold',
        dim: 'pwv_is',
        value: value('pwv'),
        limit: value('pwv_limit'),
        at_limit: 'below',
        missing: value('missing'),
      },
    ],
  }),
  upOrDown('so-null-day-night', 'Sun', 'day_night', ['day', 'night']),
  upOrDown('so-null-moonrise-set', 'Moon', 'moon_sky', ['insky', 'outsky']),
  classTest({
    name: 'so-null-elevation',
    title: 'By elevation',
    description: 'Classes low and high: below the limit, or at it and above.',
    parameters: [ELEVATION, limit('elevation_limit', 45, [-90, 90], 'In degrees; the limit itself is high.')],
    labels: ['low', 'high'],
    dim: 'elevation_is',
    derive: (value) => [
      {
        kind: 'threshold',
        dim: 'elevation_is',
        value: value('elevation'),
        limit: value('elevation_limit'),
        missing: value('missing'),
      },
    ],
  }),
  closeTo('so-null-sun-close', 'Sun', 'sun_distance_deg'),
  closeTo('so-null-moon-close', 'Moon', 'moon_distance_deg'),
];
