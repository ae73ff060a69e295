import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ItemRow } from '../filter/item-row.js';
import type { Dims, JsonObject } from '../shared/json.js';
import { formSplits } from './form-splits.js';
import { toMicroseconds, type FormedGroups, type SplitMember } from './group-member.js';
import type { SplitRule } from './grouping-rule.js';
import { parseGroupingRule } from './parse-grouping-rule.js';

interface Observation {
  obs_id: string;
  n_samples: number;
  timestamp: number;
  wafer_slots_list: string;
  az_center: number;
  el_center: number;
  pwv: number;
}
interface GoldenCase {
  test: string;
  params: { chunk_nobs: number; nsplits?: number };
  expected: { output_dir: string; obs_ids: string[]; datasize: number }[];
}
const golden = JSON.parse(readFileSync(join(__dirname, 'fixtures/null-test-splits.json'), 'utf8')) as {
  observations: Observation[];
  cases: GoldenCase[];
};

const aMember = (id: number, time: number | null, metadata: JsonObject, dims: Dims = {}): SplitMember => {
  const obs_time = time === null ? null : new Date(time * 1000).toISOString();
  const row: ItemRow = {
    id,
    kind: 'RAW_DATA_FILE',
    name: `file-${id}`,
    content_hash: '',
    size_bytes: 1,
    obs_time,
    obs_time_end: null,
    ra_deg: null,
    dec_deg: null,
    registered_at: '2026-01-01T00:00:00Z',
    dims,
    metadata,
    tables: {},
  };
  return { id, time: time === null ? null : toMicroseconds(time), timeEnd: null, changedAt: 0, dims, row };
};
const splitRule = (split: JsonObject): SplitRule => {
  const rule = parseGroupingRule({ split });
  if (rule.kind !== 'split') throw new Error('this is no split');
  return rule;
};

const dimIs = (dim: string, operator: string, value: number | readonly number[]): JsonObject => ({
  dim,
  operator,
  value,
});
const PARTITIONS: Record<string, JsonObject> = {
  mission: {},
  wafer: { partition: { values_of: 'metadata.wafer_slots_list', separator: ',' } },
  direction: {
    partition: [
      { label: 'rising', when: dimIs('azimuth', 'lt', 179.998) },
      { label: 'setting', when: dimIs('azimuth', 'gt', 180.002) },
      { label: 'middle', when: { all: [] } },
    ],
  },
  pwv: {
    partition: [
      { label: 'high', when: dimIs('pwv', 'gt', 2) },
      { label: 'low', when: { all: [] } },
    ],
  },
  elevation: {
    partition: [
      { label: 'low', when: dimIs('el_center', 'lt', 45) },
      { label: 'high', when: dimIs('el_center', 'gte', 45) },
    ],
  },
};

describe('formSplits', () => {
  it.each(golden.cases)('makes the splits of a real campaign: $test', ({ test, params, expected }) => {
    const name = test.replace('-tests', '');
    const members = golden.observations.map(({ az_center, el_center, pwv, ...observation }, id) =>
      aMember(
        id,
        observation.timestamp,
        { wafer_slots_list: observation.wafer_slots_list },
        { el_center, pwv, azimuth: ((az_center % 360) + 360) % 360 },
      ),
    );
    const rule = splitRule({ ...PARTITIONS[name], chunk: params.chunk_nobs, n: params.nsplits ?? 2 });
    const { groups, refused } = formSplits(rule, [...members].reverse());
    expect(refused).toEqual([]);
    const made = groups.map(({ dims, memberIds }) => {
      const observations = memberIds.flatMap((id) => golden.observations[id] ?? []);
      const label = dims['case'] === undefined ? [] : [dims['case']];
      return {
        output_dir: [name, ...label, 'split', dims['split']].join('_'),
        obs_ids: observations.map(({ obs_id }) => obs_id),
        datasize: observations.reduce((sum, { n_samples }) => sum + n_samples, 0),
      };
    });
    // The real one lists the members of a split in order of their ids, which here is that of time.
    expect(made).toEqual(
      expected.map(({ output_dir, obs_ids, datasize }) => ({ output_dir, obs_ids, datasize })),
    );
    expect(new Set(groups.map(({ report }) => report['split_set'])).size).toBe(1);
  });

  it('gives another split set when the division or a membership changes', () => {
    const members = [1, 2, 3, 4].map((id) => aMember(id, id, {}));
    const setOf = (rule: SplitRule, of: readonly SplitMember[]): unknown =>
      formSplits(rule, of).groups[0]?.report['split_set'];
    const rule = splitRule({ n: 2 });
    expect(new Set([setOf(rule, members), setOf(rule, [...members].reverse())]).size).toBe(1);
    expect(
      new Set([setOf(rule, members), setOf(splitRule({ n: 3 }), members), setOf(rule, members.slice(1))])
        .size,
    ).toBe(3);
  });

  it('asks the partition of derived dims, too', () => {
    const site = { latitude_deg: -22.91, longitude_deg: -68.2 };
    const rule = splitRule({
      n: 1,
      derive: [{ kind: 'day_night', site }],
      partition: { values_of: 'day_night' },
    });
    const at = (time: string): number => Date.parse(time) / 1000;
    const members = [
      aMember(1, at('2026-03-01T16:00:00Z'), {}),
      aMember(2, at('2026-03-01T04:00:00Z'), {}),
      aMember(3, null, {}),
    ];
    const formed = formSplits(rule, members);
    expect(formed.groups.map(({ dims, memberIds }) => [dims, memberIds])).toEqual([
      [{ case: 'day', split: 1 }, [1]],
      [{ case: 'night', split: 1 }, [2]],
    ]);
    expect(formed.refused.map(({ id }) => id)).toEqual([3]);
  });

  it('orders by a dimension or a value in the metadata, numbers before texts', () => {
    const members = [
      aMember(1, null, { order: 'b' }),
      aMember(2, null, { order: 10 }),
      aMember(3, null, { order: 9 }),
      aMember(4, null, {}),
    ];
    const formed = formSplits(splitRule({ n: 1, order_by: 'metadata.order' }), members);
    expect(formed.groups.map(({ memberIds }) => memberIds)).toEqual([[3, 2, 1]]);
    expect(formed.refused).toEqual([{ id: 4, reason: 'it has no metadata.order to be ordered by' }]);
  });

  it('refuses items that no case takes, or that have no time', () => {
    const partition = [{ label: 'a', when: { dim: 'x', operator: 'eq', value: 1 } }];
    const members = [aMember(1, 1, {}, { x: 1 }), aMember(2, 2, {}), aMember(3, null, {}, { x: 1 })];
    expect(formSplits(splitRule({ n: 2, partition }), members).refused).toEqual([
      { id: 2, reason: 'it matches no case of the partition' },
      { id: 3, reason: 'it has no obs_time to be ordered by' },
    ]);
  });

  it('deals at random as the seed says: chunks stay together, splits stay balanced', () => {
    const members = Array.from({ length: 97 }, (_, id) => aMember(id, id, {}));
    const splits = (seed: number): (readonly number[])[] =>
      formSplits(splitRule({ n: 4, chunk: 5, method: 'random', seed }), members).groups.map(
        ({ memberIds }) => memberIds,
      );
    expect(splits(1)).toEqual(splits(1));
    expect(splits(1)).not.toEqual(splits(2));
    expect(
      splits(1)
        .map((ids) => ids.length)
        .sort(),
    ).toEqual([23, 24, 25, 25]);
    const interleaved = formSplits(splitRule({ n: 4, chunk: 5 }), members).groups.map(
      ({ memberIds }) => memberIds,
    );
    expect(splits(1)).not.toEqual(interleaved);
  });

  it('deals every item to one split, as numpy would cut them', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('interleave', 'random'),
        (times, chunk, n, method) => {
          const formed: FormedGroups = formSplits(
            splitRule({ chunk, n, method }),
            times.map((time) => aMember(time, time, {})),
          );
          const all = formed.groups.flatMap(({ memberIds }) => memberIds);
          expect([...all].sort((a, b) => a - b)).toEqual([...times].sort((a, b) => a - b));
          const chunks = Math.ceil(times.length / chunk);
          expect(formed.groups.map(({ dims }) => dims['split'])).toEqual(
            Array.from({ length: Math.min(n, chunks) }, (_, index) => index + 1),
          );
          if (method === 'random') return;
          const left = [...times].sort((a, b) => a - b);
          const expected: number[][] = Array.from({ length: Math.min(n, chunks) }, () => []);
          for (let index = 0; index < chunks; index += 1)
            expected[index % n]?.push(...left.splice(0, Math.ceil(left.length / (chunks - index))));
          expect(formed.groups.map(({ memberIds }) => memberIds)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
