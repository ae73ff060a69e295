import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ItemRow } from '../filter/item-row.js';
import { formGroups } from '../grouping/form-groups.js';
import { toMicroseconds, type SplitMember } from '../grouping/group-member.js';
import { parseGroupingRule } from '../grouping/parse-grouping-rule.js';
import type { JsonObject } from '../shared/json.js';
import { expandGroupingPreset } from './expand-grouping-preset.js';

type Observation = { obs_id: string; timestamp: number } & JsonObject;
interface GoldenCase {
  test: string;
  params: { chunk_nobs: number; nsplits?: number };
  expected: { output_dir: string; obs_ids: string[] }[];
}
/** What a real campaign manager made of these observations. */
const golden = JSON.parse(
  readFileSync(join(__dirname, '../grouping/fixtures/null-test-splits.json'), 'utf8'),
) as { observations: Observation[]; cases: GoldenCase[] };

/** The Simons Observatory's own code takes sunrise and sunset from San Pedro de Atacama. */
const SAN_PEDRO = { latitude_deg: -22.91, longitude_deg: -68.2, altitude_m: 2400 };

const aMember = (id: number, timestamp: number, metadata: JsonObject): SplitMember => {
  const row: ItemRow = {
    id,
    kind: 'RAW_DATA_FILE',
    name: `file-${id}`,
    content_hash: '',
    size_bytes: 1,
    obs_time: new Date(timestamp * 1000).toISOString(),
    obs_time_end: null,
    ra_deg: null,
    dec_deg: null,
    registered_at: '2026-01-01T00:00:00Z',
    dims: {},
    metadata,
    tables: { Telescope: SAN_PEDRO },
  };
  return { id, time: toMicroseconds(timestamp), timeEnd: null, changedAt: 0, dims: {}, row };
};
const observations = golden.observations.map((observation, id) =>
  aMember(id, observation.timestamp, observation),
);

/** The sub-groups that a preset makes, as a trigger-manager forms them. */
function groupsOf(preset: JsonObject, members: readonly SplitMember[]) {
  const rule = parseGroupingRule(expandGroupingPreset(preset).group_by);
  if (rule.kind !== 'split') throw new Error('this is no split');
  return formGroups(rule, members, 0);
}
const casesOf = (preset: JsonObject, members: readonly SplitMember[]): Record<string, number[]> => {
  const found: Record<string, number[]> = {};
  for (const { dims, memberIds } of groupsOf({ n: 1, ...preset }, members))
    found[String(dims['case'])] = [...memberIds];
  return found;
};

describe('the null-test presets', () => {
  it.each(golden.cases)('make the splits of a real campaign: $test', ({ test, params, expected }) => {
    const name = test.replace('-tests', '');
    const { chunk_nobs: chunk, nsplits: n } = params;
    const preset = { preset: `so-null-${name}`, chunk, ...(n === undefined ? {} : { n }) };
    const made = groupsOf(preset, [...observations].reverse()).map(({ dims, memberIds }) => ({
      output_dir: [name, ...(dims['case'] === undefined ? [] : [dims['case']]), 'split', dims['split']].join(
        '_',
      ),
      obs_ids: memberIds.map((id) => golden.observations[id]?.obs_id),
    }));
    expect(made).toEqual(expected.map(({ output_dir, obs_ids }) => ({ output_dir, obs_ids })));
  });

  it('cuts a mission of 23 observations into 3 splits when 8 are asked for, as chunk counts observations', () => {
    const splits = groupsOf({ preset: 'so-null-mission' }, observations);
    expect(splits.map(({ memberIds }) => memberIds.length)).toEqual([8, 8, 7]);
  });

  it('parts day from night where the Sun rises and sets', () => {
    // On 2025-01-01 at San Pedro the Sun rises at 9:46 and sets at 23:19 UTC.
    const day = (utc: string): boolean => utc >= '09:46' && utc <= '23:19';
    const isDay = (id: number): boolean => day(observations[id]?.row.obs_time?.slice(11, 16) ?? '');
    const ids = observations.map(({ id }) => id);
    expect(casesOf({ preset: 'so-null-day-night' }, observations)).toEqual({
      day: ids.filter(isDay),
      night: ids.filter((id) => !isDay(id)),
    });
    const { day: days = [], night: nights = [] } = casesOf({ preset: 'so-null-day-night' }, observations);
    expect([days.length, nights.length]).toEqual([9, 14]);
  });

  it('parts observations with the Moon up from those without, every one of them', () => {
    const { insky = [], outsky = [] } = casesOf({ preset: 'so-null-moonrise-set' }, observations);
    expect([...insky, ...outsky].sort((a, b) => a - b)).toEqual(observations.map(({ id }) => id));
    // The Moon was new on 2024-12-30 at 22:27 UTC: on the days after, it rises and sets an hour or two after the Sun.
    expect(insky.map((id) => observations[id]?.row.obs_time?.slice(8, 16))).toEqual([
      '01T00:00',
      ...['12:00', '13:30', '15:00', '16:30', '18:00', '19:30', '21:00', '22:30'].map((time) => `01T${time}`),
      '02T00:00',
    ]);
  });

  it('calls close what is within the distance and the margin, both inclusive', () => {
    const pointed = (distance: number): JsonObject => ({
      preset: 'so-null-sun-close',
      distance_deg: distance,
    });
    const noon = aMember(1, Date.UTC(2025, 0, 1, 16, 36) / 1000, { az_center: 180, el_center: 80 });
    // The Sun culminates at almost 90° there: some 10° from this pointing.
    expect(casesOf(pointed(20), [noon])).toEqual({ close: [1] });
    expect(casesOf(pointed(5), [noon])).toEqual({ far: [1] });
    expect(casesOf({ ...pointed(5), margin_deg: 15 }, [noon])).toEqual({ close: [1] });
    expect(casesOf({ preset: 'so-null-moon-close', distance_deg: 179, margin_deg: 1 }, [noon])).toEqual({
      close: [1],
    });
  });

  it('keeps what is missing in a class of its own, or where it is told to', () => {
    const members = [aMember(1, 0, { pwv: 1 }), aMember(2, 1, {}), aMember(3, 2, { pwv: 2.5 })];
    expect(casesOf({ preset: 'so-null-pwv' }, members)).toEqual({ high: [3], low: [1], unknown: [2] });
    expect(casesOf({ preset: 'so-null-pwv', missing: 'low' }, members)).toEqual({ high: [3], low: [1, 2] });
  });

  it('takes the site that it is given before that of the telescope', () => {
    const antipode = { latitude_deg: 22.91, longitude_deg: 111.8 };
    const there = casesOf({ preset: 'so-null-day-night', site: antipode }, observations);
    const here = casesOf({ preset: 'so-null-day-night' }, observations);
    expect(there['day']).toEqual(here['night']);
  });
});
