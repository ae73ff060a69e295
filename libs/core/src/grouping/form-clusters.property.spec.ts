import fc from 'fast-check';
import { clusterIsland, formClusters } from './form-clusters.js';
import {
  instantMicroseconds,
  toMicroseconds,
  type FormedGroup,
  type FormedGroups,
  type GroupMember,
} from './group-member.js';
import type { ClusterRule } from './grouping-rule.js';

const NOW = toMicroseconds(1_000_000);
const idsOf = ({ groups, refused }: FormedGroups): number[] =>
  [
    ...groups.flatMap(({ memberIds, setAside }) => [...memberIds, ...setAside.map(({ id }) => id)]),
    ...refused.map(({ id }) => id),
  ].sort((a, b) => a - b);

const SMALL: ClusterRule = {
  kind: 'cluster',
  terms: [],
  toleranceSeconds: 10,
  onMissing: 'accept',
  onDuplicate: 'last',
  closeAfterSeconds: null,
  slots: { dim: 'subband', values: ['a', 'b', 'c', 'd'], count: 4, minimum: 3 },
};
const SKY = fc.array(
  fc.record({
    time: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 20 }),
    subband: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'x'), { freq: 20 }),
  }),
  { maxLength: 60 },
);
type Sky = typeof SKY extends fc.Arbitrary<infer T> ? T : never;
const membersOf = (sky: Sky): GroupMember[] =>
  sky.map(({ time, subband }, index) => ({
    id: index + 1,
    time: time === null ? null : toMicroseconds(time),
    timeEnd: null,
    changedAt: 0,
    dims: subband === null ? {} : { subband },
  }));

/** The rule as it is told: by hand, item by item, with quadratic effort. */
function oracle(members: readonly GroupMember[]): number[][] {
  const left = members
    .filter(({ time, dims }) => time !== null && 'abcd'.includes(String(dims['subband'] ?? 'x')))
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || a.id - b.id);
  return [3, 1].flatMap((minimum) => gatherByHand(left, minimum));
}

/** Takes what it gathers out of `left`. */
function gatherByHand(left: GroupMember[], minimum: number): number[][] {
  const groups: number[][] = [];
  for (const anchor of [...left]) {
    if (!left.includes(anchor)) continue;
    const near = left.filter(({ time }) => Math.abs((time ?? 0) - (anchor.time ?? 0)) <= toMicroseconds(10));
    if (new Set(near.map(({ dims }) => dims['subband'])).size < minimum) continue;
    groups.push(near.map(({ id }) => id).sort((a, b) => a - b));
    near.forEach((member) => left.splice(left.indexOf(member), 1));
  }
  return groups;
}

describe('formClusters, whatever comes', () => {
  it('takes the items that the rule, followed by hand, takes', () => {
    fc.assert(
      fc.property(SKY, (sky) => {
        const members = membersOf(sky);
        const formed = formClusters(SMALL, members, NOW).groups.map(({ memberIds, setAside }) =>
          [...memberIds, ...setAside.map(({ id }) => id)].sort((a, b) => a - b),
        );
        expect(formed.map(String).sort()).toEqual(oracle(members).map(String).sort());
      }),
      { numRuns: 500 },
    );
  });

  it('accounts for every item exactly once, under dims of its own', () => {
    fc.assert(
      fc.property(SKY, fc.constantFrom('last', 'first', 'error'), (sky, onDuplicate) => {
        const formed = formClusters({ ...SMALL, onDuplicate }, membersOf(sky), NOW);
        expect(idsOf(formed)).toEqual(sky.map((_, index) => index + 1));
        expect(new Set(formed.groups.map(({ dims }) => dims['cluster'])).size).toBe(formed.groups.length);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which the items came', () => {
    fc.assert(
      fc.property(
        SKY.chain((sky) =>
          fc.tuple(fc.constant(sky), fc.shuffledSubarray(membersOf(sky), { minLength: sky.length })),
        ),
        ([sky, shuffled]) => {
          expect(formClusters(SMALL, shuffled, NOW).groups).toEqual(
            formClusters(SMALL, membersOf(sky), NOW).groups,
          );
        },
      ),
    );
  });

  it('changes only the islands that a change touches', () => {
    const keyed = (groups: readonly FormedGroup[]): Map<string, FormedGroup> =>
      new Map(groups.map((group) => [String(group.dims['cluster']), group]));
    let untouched = 0;
    fc.assert(
      fc.property(SKY, SKY, fc.integer({ min: 0, max: 5 }), (sky, added, removed) => {
        const before = membersOf(sky);
        const after = [
          ...before.slice(removed),
          ...membersOf(added.slice(0, 3)).map((member) => ({ ...member, id: member.id + 1_000 })),
        ];
        const touched = [...before.slice(0, removed), ...after.filter(({ id }) => id > 1_000)];
        const seeds = touched.flatMap(({ time }) => (time === null ? [] : [time]));
        if (seeds.length === 0) return;
        const times = after.flatMap(({ time }) => (time === null ? [] : [time]));
        const island = clusterIsland(times, seeds, SMALL.toleranceSeconds);
        const isInside = (time: number | null): boolean =>
          time !== null && time >= island.from && time <= island.to;

        const outside = [...keyed(formClusters(SMALL, before, NOW).groups)].filter(
          ([anchor]) => !isInside(instantMicroseconds(anchor)),
        );
        untouched += outside.length;
        const inside = formClusters(
          SMALL,
          after.filter(({ time }) => isInside(time)),
          NOW,
        ).groups;
        expect(new Map([...outside, ...keyed(inside)])).toEqual(
          new Map([...keyed(formClusters(SMALL, after, NOW).groups)]),
        );
      }),
      { numRuns: 1_000 },
    );
    expect(untouched).toBeGreaterThan(100);
  });
});
