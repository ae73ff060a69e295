import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandGroupingPreset } from '../preset/expand-grouping-preset.js';
import { formClusters } from './form-clusters.js';
import { formGroups } from './form-groups.js';
import {
  instantMicroseconds,
  toMicroseconds,
  type FormedGroup,
  type FormedGroups,
  type GroupMember,
} from './group-member.js';
import type { ClusterRule } from './grouping-rule.js';
import { parseGroupingRule } from './parse-grouping-rule.js';

const SUBBANDS = Array.from({ length: 16 }, (_, index) => `sb${String(index).padStart(2, '0')}`);
const T0 = instantMicroseconds('2025-10-05T12:30:00Z') ?? 0;
const seconds = (value: number): number => T0 + toMicroseconds(value);
const NOW = seconds(1_000_000);

const RULE: ClusterRule = {
  kind: 'cluster',
  terms: [],
  toleranceSeconds: 60,
  slots: { dim: 'subband', values: SUBBANDS, count: 16, minimum: 12 },
  onMissing: 'accept',
  onDuplicate: 'last',
  closeAfterSeconds: null,
};

/** The preset, as it is when nothing is said. */
const PRESET = ((): ClusterRule => {
  const rule = parseGroupingRule(expandGroupingPreset({ preset: 'dsa110-observation' }).group_by);
  if (rule.kind !== 'cluster') throw new Error('observations are clusters');
  return rule;
})();

let lastId = 0;
const anItem = (time: number | null, subband: string | null, changedAt = T0): GroupMember => ({
  id: (lastId += 1),
  time,
  timeEnd: null,
  changedAt,
  dims: subband === null ? {} : { subband },
});
const anObservation = (start: number, count = 16): GroupMember[] =>
  SUBBANDS.slice(0, count).map((subband) => anItem(seconds(start), subband));
const formOf = (group: FormedGroup | undefined): unknown => group?.report['form'];
const idsOf = ({ groups, refused }: FormedGroups): number[] =>
  [
    ...groups.flatMap(({ memberIds, setAside }) => [...memberIds, ...setAside.map(({ id }) => id)]),
    ...refused.map(({ id }) => id),
  ].sort((a, b) => a - b);

interface GoldenCase {
  name: string;
  files: string[];
  expected: { files: (string | null)[]; is_complete: boolean; present_count: number; missing: string[] }[];
}
const golden = JSON.parse(readFileSync(join(__dirname, 'fixtures/subband-clusters.json'), 'utf8')) as {
  cases: GoldenCase[];
};

describe('formClusters', () => {
  it.each(
    golden.cases.flatMap((one) => [
      { ...one, of: 'its own tolerance', rule: RULE },
      { ...one, of: 'the preset', rule: PRESET },
    ]),
  )('forms the groups of a real telescope with the rule of $of: $name', ({ rule, files, expected }) => {
    const members = files.map((file, id) => {
      const [, time = '', subband = ''] = /^(.*)_(sb\d\d)\.hdf5$/.exec(file) ?? [];
      return { ...anItem(instantMicroseconds(time), subband), id };
    });
    const { groups } = formClusters(rule, [...members].reverse(), NOW);
    const accepted = groups.filter((group) => formOf(group) !== 'refused');
    expect(
      accepted.map(({ dims, memberIds, report }) => ({
        dims,
        files: memberIds.map((id) => files[id]),
        is_complete: report['form'] === 'complete',
        present_count: report['present'],
        missing: report['missing'],
      })),
    ).toEqual(
      expected.map(({ files: slots, is_complete, present_count, missing }) => ({
        dims: { cluster: `${String(slots[0]).slice(0, 19)}Z` },
        files: slots.filter((file) => file !== null),
        is_complete,
        present_count,
        missing,
      })),
    );
    expect(accepted.every((group) => formOf(group) === 'complete' || formOf(group) === 'partial')).toBe(true);
  });

  it('gathers with the preset 280 observations of files whose clocks are up to 60 s off, in any order, and accounts for every file', () => {
    const isPartial = new Map([
      [10, 14],
      [100, 12],
      [200, 11],
    ]);
    const jitter = (n: number): number => ((n * 7919) % 121) - 60;
    const files = Array.from({ length: 280 }, (_, observation) =>
      SUBBANDS.slice(0, isPartial.get(observation) ?? 16).map((subband, index) =>
        anItem(seconds(observation * 309 + jitter(observation * 16 + index)), subband),
      ),
    ).flat();
    const twice = [3, 77].map((observation) => anItem(seconds(observation * 309 + 60), 'sb05'));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...files, ...twice], { minLength: files.length + 2 }),
        (inAnyOrder) => {
          const formed = formClusters(PRESET, inAnyOrder, NOW);
          const count = (form: string): number =>
            formed.groups.filter((group) => formOf(group) === form).length;
          expect([formed.groups.length, count('complete'), count('partial'), count('refused')]).toEqual([
            280, 277, 2, 1,
          ]);
          const refused = formed.groups.find((group) => formOf(group) === 'refused');
          expect(refused?.report).toMatchObject({
            reason: 'has 11 of 16 subband, at least 12 are needed',
            missing: SUBBANDS.slice(11),
          });
          expect(refused?.memberIds).toHaveLength(11);
          expect(formed.groups.flatMap(({ setAside }) => setAside)).toHaveLength(2);
          expect(idsOf(formed)).toEqual(inAnyOrder.map(({ id }) => id).sort((a, b) => a - b));
        },
      ),
      { numRuns: 5 },
    );
  });

  it.each([
    ['60 s', RULE],
    ['the preset', PRESET],
  ])(
    'reports two observations 50 s apart as ambiguous and drops nothing, by the tolerance of %s',
    (_, rule) => {
      const files = [...anObservation(0), ...anObservation(50)];
      const { groups, refused } = formClusters(rule, files, NOW);
      expect(groups.map((group) => [formOf(group), group.memberIds.length, group.setAside])).toEqual([
        ['ambiguous', 32, []],
      ]);
      expect(refused).toEqual([]);
    },
  );

  it('reports two observations as ambiguous when a file of one lies within the tolerance of the other', () => {
    const drifting = SUBBANDS.map((subband, index) => anItem(seconds(index * 4), subband));
    const { groups } = formClusters(RULE, [...drifting, ...anObservation(110)], NOW);
    expect(groups.map(formOf)).toEqual(['ambiguous', 'ambiguous']);
  });

  it('tells two observations apart that lie just further apart than the tolerance', () => {
    const { groups } = formClusters(RULE, [...anObservation(0), ...anObservation(60.000001)], NOW);
    expect(groups.map((group) => [formOf(group), group.dims['cluster']])).toEqual([
      ['complete', '2025-10-05T12:30:00Z'],
      ['complete', '2025-10-05T12:31:00.000001Z'],
    ]);
  });

  it('does not consume the anchor of too few files', () => {
    const stray = anItem(seconds(-59), 'sb00');
    const files = SUBBANDS.map((subband, index) => anItem(seconds(index < 8 ? 0 : 30), subband));
    const { groups } = formClusters(RULE, [stray, ...files], NOW);
    // The earliest file alone sees 8 others; from the next on the anchor sees all, and the earliest as the duplicate.
    expect(groups.map((group) => [formOf(group), group.dims['cluster'], group.setAside.length])).toEqual([
      ['complete', '2025-10-05T12:30:00Z', 1],
    ]);
  });

  it.each([
    ['last', 1, ['sb05'], 'complete'],
    ['first', 0, ['sb05'], 'complete'],
    ['error', null, ['sb05'], 'refused'],
  ] as const)('with on_duplicate %s keeps what it says', (onDuplicate, kept, slots, form) => {
    const files = anObservation(0);
    const twice = [files[5]?.id, (lastId += 1)] as number[];
    const again = { ...anItem(seconds(7), 'sb05'), id: twice[1] ?? 0 };
    const [group] = formClusters({ ...RULE, onDuplicate }, [...files, again], NOW).groups;
    expect(formOf(group)).toBe(form);
    expect(group?.memberIds.filter((id) => twice.includes(id))).toEqual(
      kept === null ? twice : [twice[kept]],
    );
    expect((group?.report['duplicates'] as { slot: string }[]).map(({ slot }) => slot)).toEqual(slots);
  });

  it.each([
    ['accept', 14, 599, 'collecting'],
    ['accept', 14, 600, 'partial'],
    ['accept', 11, 599, 'collecting'],
    ['accept', 11, 600, 'refused'],
    ['wait', 14, 599, 'collecting'],
    ['wait', 14, 600, 'expired'],
    ['refuse', 14, 599, 'collecting'],
    ['refuse', 14, 600, 'refused'],
    ['refuse', 16, 0, 'complete'],
  ] as const)('with on_missing %s, %i files and %i s after the last of them is right', (...given) => {
    const [onMissing, count, age, form] = given;
    const [group] = formClusters(
      { ...RULE, onMissing, closeAfterSeconds: 600 },
      anObservation(0, count),
      seconds(age),
    ).groups;
    expect(formOf(group)).toBe(form);
    expect(group?.report['closes_at']).toBe(form === 'collecting' ? '2025-10-05T12:40:00Z' : undefined);
  });

  it('waits for ever when nothing closes the observation', () => {
    const [group] = formClusters({ ...RULE, onMissing: 'wait' }, anObservation(0, 14), NOW).groups;
    expect(formOf(group)).toBe('collecting');
  });

  it('counts any values of a dimension when only their number is known', () => {
    const rule = { ...RULE, slots: { ...RULE.slots, values: null } };
    const seventeenth = anItem(seconds(0), 'sb16');
    expect(formClusters(rule, anObservation(0), NOW).groups.map(formOf)).toEqual(['complete']);
    expect(formClusters(rule, [...anObservation(0), seventeenth], NOW).groups.map(formOf)).toEqual([
      'ambiguous',
    ]);
  });

  it('refuses items that it cannot place, with the reason, and shows them as a group of their own', () => {
    const odd = [anItem(null, 'sb00'), anItem(seconds(0), null), anItem(seconds(0), 'sb99')];
    const reasons = ['it has no obs_time', 'it has no subband', 'subband "sb99" is not among those expected'];
    const { groups, refused } = formClusters(RULE, [...odd, ...anObservation(0)], NOW);
    expect([groups.map(formOf), refused.map(({ reason }) => reason)]).toEqual([['complete'], reasons]);
    const shown = formGroups(
      RULE,
      odd.map((member) => ({ ...member, row: {} as never })),
      NOW,
    );
    expect(shown.map(({ dims, memberIds }) => [dims, memberIds])).toEqual([
      [{ cluster: null }, odd.map(({ id }) => id)],
    ]);
  });
});
