import type { JsonObject } from '../shared/json.js';
import { compareText } from '../filter/compare-text.js';
import {
  instantText,
  listed,
  toMicroseconds,
  type FormedGroup,
  type RefusedItem,
  type TimedMember,
} from './group-member.js';
import type { ClusterRule, Slots } from './grouping-rule.js';

export type SlottedMember = TimedMember & { readonly slot: string };

/** Items near one anchor, in order of time. */
export interface Cluster {
  readonly anchor: number;
  readonly members: readonly SlottedMember[];
  /** Fills the minimum of slots. */
  readonly isAccepted: boolean;
}

/**
 * What a cluster is:
 * `complete` has every slot · `partial` has the minimum, and no more is awaited · `collecting` waits for more ·
 * `expired` waited in vain · `ambiguous` may be several observations · `refused` may not be used, `reason` says why.
 */
export type ClusterForm = 'collecting' | 'complete' | 'partial' | 'ambiguous' | 'expired' | 'refused';

interface Duplicate {
  readonly slot: string;
  readonly kept: SlottedMember;
  readonly setAside: readonly SlottedMember[];
}

/** The group that a cluster makes: one item for each slot, unless that cannot be decided; then it keeps all. */
export function describeCluster(
  rule: ClusterRule,
  cluster: Cluster,
  { now, isConfusable }: { now: number; isConfusable: boolean },
): FormedGroup {
  const bySlot = membersBySlot(cluster.members);
  const duplicates = duplicatesOf(bySlot, rule.onDuplicate);
  const closesAt = closingTime(rule, cluster);
  const judged = judge(rule, cluster, {
    present: bySlot.size,
    duplicates,
    isConfusable,
    isOpen: closesAt !== null && now < closesAt,
  });
  const isUndecided = judged.form === 'ambiguous' || (duplicates.length > 0 && rule.onDuplicate === 'error');
  const setAside = isUndecided ? [] : duplicates.flatMap(refuseDuplicates(rule));
  const dropped = new Set(setAside.map(({ id }) => id));
  return {
    dims: { cluster: instantText(cluster.anchor) },
    memberIds: inOrderOfSlots(
      rule.slots,
      cluster.members.filter(({ id }) => !dropped.has(id)),
    ),
    setAside,
    report: {
      ...judged,
      present: bySlot.size,
      expected: rule.slots.count,
      missing: missingSlots(rule.slots, bySlot),
      duplicates: listed(duplicates).map((duplicate) => describeDuplicate(duplicate, isUndecided)),
      ...(judged.form === 'collecting' ? whileCollecting(rule, cluster, closesAt) : {}),
    },
  };
}

/** When the waiting ends, and whether what is there would do if somebody said that no more will come. */
const whileCollecting = (rule: ClusterRule, cluster: Cluster, closesAt: number | null): JsonObject => ({
  ...(closesAt === null ? {} : { closes_at: instantText(closesAt) }),
  ...(rule.onMissing === 'accept' && cluster.isAccepted ? { is_enough: true } : {}),
});

interface Evidence {
  readonly present: number;
  readonly duplicates: readonly Duplicate[];
  readonly isConfusable: boolean;
  readonly isOpen: boolean;
}

function judge(
  rule: ClusterRule,
  cluster: Cluster,
  evidence: Evidence,
): { form: ClusterForm; reason?: string } {
  const { present, duplicates } = evidence;
  const { count, minimum, dim } = rule.slots;
  if (evidence.isConfusable)
    return {
      form: 'ambiguous',
      reason: `another observation lies within the tolerance of ${rule.toleranceSeconds} s`,
    };
  if (present > count)
    return { form: 'ambiguous', reason: `has ${present} different values of ${dim}, ${count} are expected` };
  if (isSecondObservation(evidence, minimum))
    return {
      form: 'ambiguous',
      reason: `${duplicates.length} of ${dim} are there more than once: items of several observations within ${rule.toleranceSeconds} s`,
    };
  if (duplicates.length > 0 && rule.onDuplicate === 'error')
    return { form: 'refused', reason: `${dim} "${duplicates[0]?.slot}" is there more than once` };
  if (present === count) return { form: 'complete' };
  if (evidence.isOpen) return { form: 'collecting' };
  const shortfall = `has ${present} of ${count} ${dim}`;
  switch (rule.onMissing) {
    case 'wait':
      return rule.closeAfterSeconds === null
        ? { form: 'collecting' }
        : { form: 'expired', reason: `${shortfall}, and nothing came for ${rule.closeAfterSeconds} s` };
    case 'refuse':
      return { form: 'refused', reason: shortfall };
    case 'accept':
      return cluster.isAccepted
        ? { form: 'partial' }
        : { form: 'refused', reason: `${shortfall}, at least ${minimum} are needed` };
  }
}

/** What is there more than once would do for an observation, and is no mere repetition of some items. */
const isSecondObservation = ({ duplicates, present }: Evidence, minimum: number): boolean =>
  duplicates.length >= minimum && duplicates.length * 2 > present;

const closingTime = (rule: ClusterRule, cluster: Cluster): number | null =>
  rule.closeAfterSeconds === null
    ? null
    : cluster.members.reduce((latest, { changedAt }) => Math.max(latest, changedAt), -Infinity) +
      toMicroseconds(rule.closeAfterSeconds);

function membersBySlot(members: readonly SlottedMember[]): ReadonlyMap<string, readonly SlottedMember[]> {
  const bySlot = new Map<string, SlottedMember[]>();
  for (const member of members) {
    const others = bySlot.get(member.slot);
    if (others === undefined) bySlot.set(member.slot, [member]);
    else others.push(member);
  }
  return bySlot;
}

/** Slots with several items; the members of each are in order of time, then id. */
function duplicatesOf(
  bySlot: ReadonlyMap<string, readonly SlottedMember[]>,
  onDuplicate: ClusterRule['onDuplicate'],
): Duplicate[] {
  return [...bySlot]
    .flatMap(([slot, members]) => {
      const kept = onDuplicate === 'first' ? members[0] : members.at(-1);
      if (members.length < 2 || kept === undefined) return [];
      return [{ slot, kept, setAside: members.filter((member) => member !== kept) }];
    })
    .sort((a, b) => compareText(a.slot, b.slot));
}

const refuseDuplicates =
  (rule: ClusterRule) =>
  ({ slot, kept, setAside }: Duplicate): RefusedItem[] =>
    setAside.map(({ id }) => ({
      id,
      reason: `${rule.slots.dim} "${slot}" is there more than once, and the ${rule.onDuplicate} one is item ${kept.id}`,
    }));

const describeDuplicate = (duplicate: Duplicate, isUndecided: boolean): JsonObject => ({
  slot: duplicate.slot,
  ...(isUndecided
    ? { items: listed([...duplicate.setAside, duplicate.kept]).map(({ id }) => id) }
    : { kept: duplicate.kept.id, set_aside: listed(duplicate.setAside).map(({ id }) => id) }),
});

const missingSlots = (
  slots: Slots,
  bySlot: ReadonlyMap<string, readonly SlottedMember[]>,
): readonly string[] | number =>
  slots.values === null
    ? Math.max(slots.count - bySlot.size, 0)
    : slots.values.filter((value) => !bySlot.has(value));

/** As the expected values are listed, or by the text of the slot; then as they came. */
function inOrderOfSlots(slots: Slots, members: readonly SlottedMember[]): number[] {
  const ranks = slots.values === null ? null : new Map(slots.values.map((value, index) => [value, index]));
  const order = (a: SlottedMember, b: SlottedMember): number =>
    ranks === null ? compareText(a.slot, b.slot) : (ranks.get(a.slot) ?? 0) - (ranks.get(b.slot) ?? 0);
  return [...members].sort(order).map(({ id }) => id);
}
