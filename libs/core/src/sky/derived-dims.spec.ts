import fc from 'fast-check';
import type { ItemRow } from '../filter/item-row.js';
import { angularSeparationDeg } from '../filter/sphere.js';
import { DomainError } from '../shared/domain-error.js';
import type { Dims, Json, JsonObject } from '../shared/json.js';
import { deriveDims, tablesOfDeriveRules } from './derived-dims.js';
import { horizontalPosition, type EquatorialDirection } from './ephemeris.js';
import { DERIVE_KINDS, parseDeriveRules } from './parse-derive-rules.js';
import { lowPrecisionMoon, lowPrecisionSun } from './testing/low-precision-sky.js';

const ALMA = { latitude_deg: -22.959748, longitude_deg: -67.78726, altitude_m: 5186 };

const aRow = (values: Partial<ItemRow> = {}): ItemRow => ({
  id: 1,
  kind: 'RAW_DATA_FILE',
  name: 'file',
  content_hash: '',
  size_bytes: 1,
  obs_time: '2026-03-01T16:30:00Z',
  obs_time_end: null,
  ra_deg: null,
  dec_deg: null,
  registered_at: '2026-03-02T00:00:00Z',
  dims: {},
  metadata: {},
  tables: { Telescope: ALMA },
  ...values,
});
const derive = (rules: readonly JsonObject[], row: ItemRow): Dims => deriveDims(parseDeriveRules(rules), row);
const only = (rule: JsonObject, row: ItemRow): Json => Object.values(derive([rule], row))[0] ?? null;
const asPair = ({ raDeg, decDeg }: EquatorialDirection): [number, number] => [raDeg, decDeg];
const problemsOf = (json: Json): readonly string[] => {
  try {
    parseDeriveRules(json);
  } catch (error) {
    if (error instanceof DomainError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

describe('deriveDims', () => {
  it('tells day from night and the Moon up from the Moon down at the site of the telescope', () => {
    const rules = [{ kind: 'day_night' }, { kind: 'moon_sky' }];
    // Full Moon on 2026-03-03: it is up when the Sun is not. Noon in the Atacama is at 16:43 UTC.
    expect(derive(rules, aRow({ obs_time: '2026-03-03T16:30:00Z' }))).toEqual({
      day_night: 'day',
      moon_sky: 'outsky',
    });
    expect(derive(rules, aRow({ obs_time: '2026-03-03T04:30:00Z' }))).toEqual({
      day_night: 'night',
      moon_sky: 'insky',
    });
  });

  it('takes a site of its own before that of the telescope, and other times', () => {
    const site = { latitude_deg: 22.96, longitude_deg: 112.2 };
    expect(only({ kind: 'day_night', site }, aRow())).toBe('night');
    const row = aRow({ metadata: { end: '2026-03-02T04:30:00Z' } });
    expect(only({ kind: 'day_night', time: 'metadata.end' }, row)).toBe('night');
  });

  it('changes from day to night exactly when the Sun passes the limit, and the altitude tells by how much', () => {
    const moment = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));
    const latitude = fc.double({ min: -90, max: 90, noNaN: true });
    fc.assert(
      fc.property(moment, latitude, fc.integer({ min: -18, max: 5 }), (at, latitude_deg, limit_deg) => {
        const site = { latitude_deg, longitude_deg: 10 };
        const row = aRow({ obs_time: at.toISOString() });
        const { day_night, sun_altitude_deg, moon_altitude_deg } = derive(
          [
            { kind: 'day_night', site, limit_deg },
            { kind: 'sun_altitude_deg', site },
            { kind: 'moon_altitude_deg', site },
          ],
          row,
        );
        const exact = horizontalPosition('sun', at, {
          latitudeDeg: latitude_deg,
          longitudeDeg: 10,
          altitudeM: 0,
        });
        expect(day_night).toBe(exact.altitudeDeg >= limit_deg ? 'day' : 'night');
        expect(Math.abs(Number(sun_altitude_deg) - exact.altitudeDeg)).toBeLessThanOrEqual(0.00006);
        expect(Math.abs(Number(moon_altitude_deg))).toBeLessThanOrEqual(90);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('measures from 0° to 180°, and from the opposite point what is left to 180°', () => {
    const angle = (most: number): fc.Arbitrary<number> => fc.double({ min: -most, max: most, noNaN: true });
    fc.assert(
      fc.property(angle(720), angle(90), fc.constantFrom('sun', 'moon'), (ra_deg, dec_deg, body) => {
        const rule = { kind: `${body}_distance_deg` };
        const here = Number(only(rule, aRow({ ra_deg, dec_deg })));
        const opposite = Number(only(rule, aRow({ ra_deg: ra_deg + 180, dec_deg: -dec_deg })));
        expect(here).toBeGreaterThanOrEqual(0);
        expect(here).toBeLessThanOrEqual(180);
        expect(here + opposite).toBeCloseTo(180, 3);
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('has one sunrise and one sunset a day, at the times of the almanac', () => {
    // Greenwich (51.4769 N, 0 E), 2024-06-20: 03:43 and 20:21 UTC (NOAA solar calculator, to the minute).
    const site = { latitude_deg: 51.4769, longitude_deg: 0 };
    const time = (step: number): string => new Date(Date.UTC(2024, 5, 20) + step * 20_000).toISOString();
    const states = Array.from({ length: 4320 }, (_, step) =>
      only({ kind: 'day_night', site }, aRow({ obs_time: time(step) })),
    );
    const changes = states.flatMap((state, step) => (step > 0 && state !== states[step - 1] ? [step] : []));
    expect(changes.map((step) => states[step])).toEqual(['day', 'night']);
    const nearest = changes.map((step) =>
      new Date(Date.parse(time(step)) + 20_000).toISOString().slice(11, 16),
    );
    expect(nearest).toEqual(['03:43', '20:21']);
  });

  it('measures from the Sun and the Moon to a pointing among the stars or at the site', () => {
    const at = new Date('2026-03-01T16:30:00Z');
    const sun = horizontalPosition('sun', at, {
      latitudeDeg: -22.959748,
      longitudeDeg: -67.78726,
      altitudeM: 5186,
    });
    const { raDeg, decDeg } = lowPrecisionSun(at).ofJ2000;
    const moonAway = angularSeparationDeg(raDeg, decDeg, ...asPair(lowPrecisionMoon(at).ofJ2000));
    const row = aRow({
      ra_deg: raDeg,
      dec_deg: decDeg,
      metadata: { az_center: sun.azimuthDeg, el_center: sun.altitudeDeg - 10 },
    });
    expect(Number(only({ kind: 'sun_distance_deg' }, row))).toBeLessThan(0.02);
    // The Moon's parallax is 1° at most; the formula is good to 0.4°.
    expect(Math.abs(Number(only({ kind: 'moon_distance_deg' }, row)) - moonAway)).toBeLessThan(1.4);
    expect(only({ kind: 'sun_distance_deg', frame: 'horizontal' }, row)).toBeCloseTo(10, 3);
    const moved = only(
      { kind: 'sun_distance_deg', frame: 'horizontal', elevation: 'el' },
      aRow({ ...row, dims: { el: sun.altitudeDeg } }),
    );
    expect(moved).toBe(0);
  });

  it.each([
    [0, 'rising'],
    [95, 'rising'],
    [179.998, 'rising'],
    [179.9999, 'middle'],
    [180, 'middle'],
    [540, 'middle'],
    [180.002, 'setting'],
    [-90, 'setting'],
    [359.9, 'setting'],
    [720, 'rising'],
    ['95', 'unknown'],
    [null, 'unknown'],
  ])('says of azimuth %p that it is %s', (azimuth, direction) => {
    expect(only({ kind: 'direction' }, aRow({ metadata: { az_center: azimuth } }))).toBe(direction);
    expect(only({ kind: 'direction', azimuth: 'az' }, aRow({ dims: { az: azimuth } }))).toBe(direction);
  });

  it('puts a number on a side of a limit, the limit itself on the side that is said, and what is no number on neither', () => {
    const pwv = { kind: 'threshold', dim: 'pwv_class', value: 'metadata.pwv', limit: 2 };
    const sides = (rule: JsonObject): Json[] =>
      [1.9, 2, 2.0001, null, '3'].map((value) => only(rule, aRow({ metadata: { pwv: value } })));
    expect(sides(pwv)).toEqual(['low', 'high', 'high', 'unknown', 'unknown']);
    expect(
      sides({ ...pwv, at_limit: 'below', labels: { above: 'wet', below: 'dry' }, missing: 'none' }),
    ).toEqual(['dry', 'dry', 'wet', 'none', 'none']);
  });

  it('lets a rule read what an earlier one gave', () => {
    const rules = [
      { kind: 'sun_altitude_deg' },
      {
        kind: 'threshold',
        dim: 'light',
        value: 'sun_altitude_deg',
        limit: -18,
        labels: { below: 'dark', above: 'bright' },
      },
    ];
    expect(derive(rules, aRow({ obs_time: '2026-03-03T04:30:00Z' }))).toMatchObject({ light: 'dark' });
    expect(derive([...rules].reverse(), aRow({}))).toMatchObject({ light: 'unknown' });
  });

  it.each([
    ['a time', { obs_time: null }],
    ['a site', { tables: {} }],
    ['a whole site', { tables: { Telescope: { latitude_deg: -22.9, longitude_deg: null } } }],
  ])('knows nothing of the sky without %s', (_, values) => {
    const rules = DERIVE_KINDS.filter((kind) => kind !== 'direction' && kind !== 'threshold').map((kind) => ({
      kind,
    }));
    const row = aRow({ ra_deg: 10, dec_deg: 10, ...values });
    expect(derive(rules, row)).toEqual({
      day_night: 'unknown',
      moon_sky: 'unknown',
      sun_altitude_deg: null,
      moon_altitude_deg: null,
      // Among the stars, the Sun is in the same place for every site.
      sun_distance_deg: row.obs_time === null ? null : expect.any(Number),
      moon_distance_deg: null,
    });
  });

  it('gives each item what it would have alone, whatever its dims are called', () => {
    const row = aRow({ dims: { constructor: 'x', day_night: 'twilight' } });
    const derived = derive(
      [{ kind: 'threshold', dim: '__proto__', value: 'constructor', limit: 0 }, { kind: 'day_night' }],
      row,
    );
    expect(Object.entries(derived)).toEqual([
      ['__proto__', 'unknown'],
      ['day_night', 'day'],
    ]);
    expect(row.dims).toEqual({ constructor: 'x', day_night: 'twilight' });
  });

  it('says whether it reads the telescope', () => {
    const tables = (rules: readonly JsonObject[]): string[] => [
      ...tablesOfDeriveRules(parseDeriveRules(rules)),
    ];
    expect(tables([{ kind: 'direction' }, { kind: 'day_night' }])).toEqual(['Telescope']);
    expect(tables([{ kind: 'direction' }, { kind: 'day_night', site: ALMA }])).toEqual([]);
  });
});

describe('parseDeriveRules', () => {
  it.each<[string, Json, readonly string[]]>([
    ['no list', {}, [' must be a list of at most 16 rules']],
    [
      'too many rules',
      Array.from({ length: 17 }, () => ({ kind: 'direction' })),
      [' must be a list of at most 16 rules'],
    ],
    [
      'no object',
      ['day_night'],
      ['/0 must be an object', '/0/kind "kind" must be one of ' + DERIVE_KINDS.join(', ')],
    ],
    [
      'an unknown kind',
      [{ kind: 'day_nigth', limit_deg: 1 }],
      [`/0/kind "kind" must be one of ${DERIVE_KINDS.join(', ')} (did you mean "day_night"?)`],
    ],
    ['a key of another kind', [{ kind: 'direction', limit: 1 }], ['/0/limit unknown key "limit"']],
    [
      'a threshold without its limit',
      [{ kind: 'threshold', dim: 'x', value: 'y' }],
      ['/0/limit "limit" is required'],
    ],
    [
      'a site off the Earth',
      [{ kind: 'day_night', site: { latitude_deg: 91, longitude_deg: '5' } }],
      [
        '/0/site/latitude_deg "latitude_deg" must be a number from -90 to 90',
        '/0/site/longitude_deg "longitude_deg" must be a number from -360 to 360',
      ],
    ],
    [
      'a wrong source',
      [{ kind: 'direction', azimuth: 'metadata.' }],
      [
        '/0/azimuth must be obs_time, obs_time_end, ra_deg, dec_deg, the name of a dimension, or metadata.<path>',
      ],
    ],
    [
      'two rules for one dimension',
      [{ kind: 'direction' }, { kind: 'day_night', dim: 'direction' }],
      ['/1/dim gives "direction" a second time'],
    ],
    [
      'a pointing in two frames',
      [{ kind: 'sun_distance_deg', azimuth: 'az' }],
      ['/0/azimuth "azimuth" has no meaning in the equatorial frame'],
    ],
    [
      'labels that are equal',
      [{ kind: 'day_night', labels: { above: 'night' } }],
      ['/0/labels/below must differ from the other label'],
    ],
  ])('refuses %s and says where', (_, json, problems) => {
    expect(problemsOf(json)).toEqual(problems);
  });

  it('takes every kind with its defaults', () => {
    const rules = DERIVE_KINDS.map((kind) =>
      kind === 'threshold' ? { kind, dim: 'x', value: 'y', limit: 1 } : { kind },
    );
    expect(parseDeriveRules(rules).map(({ kind }) => kind)).toEqual(DERIVE_KINDS);
  });
});
