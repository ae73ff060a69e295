import {
  inOrderOfTime,
  toMicroseconds,
  type FormedGroups,
  type GroupMember,
  type RefusedItem,
  type TimedMember,
} from './group-member.js';
import { describeCluster, type Cluster, type SlottedMember } from './describe-cluster.js';
import type { ClusterRule, Slots } from './grouping-rule.js';
import { slotText } from './parse-grouping-rule.js';

/**
 * Items of one observation whose clocks jitter, among the members of one by-key.
 *
 * The anchor is the earliest item not used yet; all unused items within the tolerance of it, inclusive and to both
 * sides, are an observation if they fill the minimum of different slots. If not, they are left alone and the next item
 * is the anchor. What remains is gathered in the same way without a minimum, so that what is incomplete shows up as a
 * sub-group, too.
 *
 * @param now microseconds since 1970.
 */
export function formClusters(rule: ClusterRule, members: readonly GroupMember[], now: number): FormedGroups {
  const { timed, refused } = inOrderOfTime(members);
  const { slotted, slotless } = readSlots(rule.slots, timed);
  const clusters = gather(rule, slotted).sort((a, b) => a.anchor - b.anchor);
  const confusable = new Set(confusablePairs(clusters, toMicroseconds(rule.toleranceSeconds)).flat());
  return {
    groups: clusters.map((cluster) =>
      describeCluster(rule, cluster, { now, isConfusable: confusable.has(cluster) }),
    ),
    refused: [...refused, ...slotless],
  };
}

/**
 * The range of times around `seeds` (at least one) that holds every item linked to them by gaps of at most the tolerance.
 *
 * No cluster reaches out of such a range or into it, so that what changed at the seeds can be formed anew from the
 * items in the range alone. The seeds count as linked among themselves.
 */
export function clusterIsland(
  times: readonly number[],
  seeds: readonly number[],
  toleranceSeconds: number,
): { readonly from: number; readonly to: number } {
  const tolerance = toMicroseconds(toleranceSeconds);
  const sorted = [...times].sort((a, b) => a - b);
  let from = seeds.reduce((least, seed) => Math.min(least, seed), Infinity);
  let to = seeds.reduce((most, seed) => Math.max(most, seed), -Infinity);
  for (const time of sorted.filter((other) => other < from).reverse()) {
    if (from - time > tolerance) break;
    from = time;
  }
  for (const time of sorted.filter((other) => other > to)) {
    if (time - to > tolerance) break;
    to = time;
  }
  return { from, to };
}

function readSlots(
  slots: Slots,
  members: readonly TimedMember[],
): { slotted: SlottedMember[]; slotless: RefusedItem[] } {
  const expected = slots.values === null ? null : new Set(slots.values);
  const slotted: SlottedMember[] = [];
  const slotless: RefusedItem[] = [];
  for (const member of members) {
    const slot = Object.hasOwn(member.dims, slots.dim) ? slotText(member.dims[slots.dim]) : null;
    if (slot === null) slotless.push({ id: member.id, reason: `it has no ${slots.dim}` });
    else if (expected?.has(slot) === false)
      slotless.push({ id: member.id, reason: `${slots.dim} "${slot}" is not among those expected` });
    else slotted.push({ ...member, slot });
  }
  return { slotted, slotless };
}

function gather(rule: ClusterRule, members: readonly SlottedMember[]): Cluster[] {
  const accepted = gatherOver(rule, members, rule.slots.minimum);
  const used = new Set(accepted.flatMap((cluster) => cluster.members));
  const rest = members.filter((member) => !used.has(member));
  return [
    ...accepted.map((cluster) => ({ ...cluster, isAccepted: true })),
    ...gatherOver(rule, rest, 1).map((cluster) => ({ ...cluster, isAccepted: false })),
  ];
}

function gatherOver(
  rule: ClusterRule,
  members: readonly SlottedMember[],
  minimum: number,
): Omit<Cluster, 'isAccepted'>[] {
  const tolerance = toMicroseconds(rule.toleranceSeconds);
  const used = new Set<SlottedMember>();
  const clusters: Omit<Cluster, 'isAccepted'>[] = [];
  let [low, high, refusedAt] = [0, 0, ''];
  for (const anchor of members) {
    if (used.has(anchor)) continue;
    while ((members[low]?.time ?? Infinity) < anchor.time - tolerance) low += 1;
    while ((members[high]?.time ?? Infinity) <= anchor.time + tolerance) high += 1;
    const bounds = `${low}:${high}`;
    // An anchor that sees what the one before saw is refused like it: crowds of items stay cheap.
    if (bounds === refusedAt) continue;
    const near = members.slice(low, high).filter((member) => !used.has(member));
    if (new Set(near.map(({ slot }) => slot)).size < minimum) refusedAt = bounds;
    else {
      near.forEach((member) => used.add(member));
      clusters.push({ anchor: anchor.time, members: near });
    }
  }
  return clusters;
}

/** Observations that lie so close that an item of one could as well be of the other. */
function confusablePairs(clusters: readonly Cluster[], tolerance: number): (readonly [Cluster, Cluster])[] {
  const accepted = clusters.filter(({ isAccepted }) => isAccepted);
  return accepted.flatMap((left, index) => {
    const right = accepted[index + 1];
    return right !== undefined && areClose(left, right, tolerance) ? [[left, right] as const] : [];
  });
}

function areClose(left: Cluster, right: Cluster, tolerance: number): boolean {
  let index = 0;
  for (const { time } of left.members) {
    while ((right.members[index]?.time ?? Infinity) < time - tolerance) index += 1;
    const nearest = right.members[index];
    if (nearest !== undefined && nearest.time <= time + tolerance) return true;
  }
  return false;
}
