import { valueAt } from '../filter/json-path.js';
import { matchesFilter } from '../filter/match-filter.js';
import { compareText } from '../filter/compare-text.js';
import type { ItemRow } from '../filter/item-row.js';
import { sha256Hex } from '../recipe/hashing.js';
import { deriveDims } from '../sky/derived-dims.js';
import { canonicalJson, type Dims, type Json, type JsonScalar } from '../shared/json.js';
import type { FormedGroup, FormedGroups, RefusedItem, SplitMember } from './group-member.js';
import type { SplitRule, ValueSource } from './grouping-rule.js';

interface SplitClass {
  readonly label: string | null;
  readonly members: readonly SplitMember[];
}

type Ordered = { readonly member: SplitMember; readonly rank: number | string };

/** Cases are not allowed to depend on the time, so that any moment will do. */
const ANY_TIME = new Date(0);

/**
 * Classes of the members of one by-key, each dealt in chunks of neighbours to `n` splits: chunk i goes to split i mod n.
 *
 * A class is ordered by `order_by`, then id, and parted into as few near-equal chunks as hold `chunk` items at most, the
 * longer ones first. With the method random the chunks are dealt in an order that follows from the seed. A class with
 * fewer chunks than `n` has fewer splits; an item without a class or without a place in the order is refused.
 */
export function formSplits(rule: SplitRule, members: readonly SplitMember[]): FormedGroups {
  const derived = rule.derive.length === 0 ? members : members.map((member) => withDerived(rule, member));
  const { classes, refused } = partition(rule, derived);
  const groups: FormedGroup[] = [];
  for (const { label, members: classMembers } of classes) {
    const { ordered, unordered } = inOrder(rule, classMembers);
    refused.push(...unordered);
    const dims: Dims = rule.partition.kind === 'none' ? {} : { case: label };
    for (const [index, memberIds] of dealt(rule, ordered).entries())
      groups.push({ dims: { ...dims, split: index + 1 }, memberIds, setAside: [], report: {} });
  }
  return { groups: withSplitSet(rule, groups), refused: onlyUnplaced(refused, groups) };
}

/** The partition and the order see the derived dims beside the item's own. */
const withDerived = ({ derive }: SplitRule, member: SplitMember): SplitMember => ({
  ...member,
  row: { ...member.row, dims: { ...member.row.dims, ...deriveDims(derive, member.row) } },
});

function partition(
  rule: SplitRule,
  members: readonly SplitMember[],
): { classes: readonly SplitClass[]; refused: RefusedItem[] } {
  const parts = rule.partition;
  switch (parts.kind) {
    case 'none':
      return { classes: [{ label: null, members }], refused: [] };
    case 'cases': {
      const labelOf = ({ row }: SplitMember): string[] =>
        parts.cases
          .filter(({ when }) => matchesFilter(when, row, ANY_TIME))
          .slice(0, 1)
          .map(({ label }) => label);
      return classify(members, labelOf, {
        order: parts.cases.map(({ label }) => label),
        reason: 'it matches no case of the partition',
      });
    }
    case 'values': {
      const labelsOf = ({ row }: SplitMember): string[] =>
        labels(valueOf(parts.source, row), parts.separator);
      const order = [...new Set(members.flatMap(labelsOf))].sort(compareText);
      return classify(members, labelsOf, { order, reason: `it has no ${nameOf(parts.source)}` });
    }
  }
}

function classify(
  members: readonly SplitMember[],
  labelsOf: (member: SplitMember) => readonly string[],
  { order, reason }: { order: readonly string[]; reason: string },
): { classes: SplitClass[]; refused: RefusedItem[] } {
  const classes = new Map<string, SplitMember[]>(order.map((label) => [label, []]));
  const refused: RefusedItem[] = [];
  for (const member of members) {
    const found = labelsOf(member);
    if (found.length === 0) refused.push({ id: member.id, reason });
    for (const label of found) classes.get(label)?.push(member);
  }
  return { classes: [...classes].map(([label, own]) => ({ label, members: own })), refused };
}

function labels(value: Json, separator: string | null): string[] {
  if (value === null) return [];
  if (typeof value === 'string' && separator !== null)
    return labels(
      value.split(separator).map((part) => part.trim()),
      null,
    );
  const entries: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const scalars = entries.filter((entry) => entry !== null && typeof entry !== 'object' && entry !== '');
  return [...new Set(scalars.map(String))];
}

function valueOf(source: ValueSource, row: ItemRow): Json {
  if (source.kind === 'metadata') return valueAt(row.metadata, source.path) ?? null;
  return Object.hasOwn(row.dims, source.name) ? (row.dims[source.name] as Json) : null;
}

const nameOf = (source: ValueSource): string =>
  source.kind === 'dim' ? source.name : `metadata.${source.path.join('.')}`;

function inOrder(
  rule: SplitRule,
  members: readonly SplitMember[],
): { ordered: readonly SplitMember[]; unordered: readonly RefusedItem[] } {
  const ordered: Ordered[] = [];
  const unordered: RefusedItem[] = [];
  const { orderBy } = rule;
  for (const member of members) {
    const rank = orderBy === 'obs_time' ? member.time : rankOf(valueOf(orderBy, member.row));
    if (rank !== null) ordered.push({ member, rank });
    else
      unordered.push({
        id: member.id,
        reason: `it has no ${orderBy === 'obs_time' ? orderBy : nameOf(orderBy)} to be ordered by`,
      });
  }
  ordered.sort((a, b) => compareRanks(a.rank, b.rank) || a.member.id - b.member.id);
  return { ordered: ordered.map(({ member }) => member), unordered };
}

const rankOf = (value: Json): number | string | null => {
  if (value === null || typeof value === 'object') return null;
  return typeof value === 'boolean' ? Number(value) : value;
};

/** Numbers come before texts. */
function compareRanks(left: JsonScalar, right: JsonScalar): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  return typeof left === 'number' ? -1 : 1;
}

/** Ids of each split, empty ones left out. */
function dealt(rule: SplitRule, members: readonly SplitMember[]): number[][] {
  const chunks = nearEqualRuns(
    members.map(({ id }) => id),
    Math.ceil(members.length / rule.chunk),
  );
  const places = rule.method === 'random' ? shuffled(rule.seed, chunks) : chunks.map((_, index) => index);
  const splits = Array.from({ length: Math.min(rule.n, chunks.length) }, (): number[] => []);
  chunks.forEach((chunk, index) => splits[(places[index] ?? 0) % rule.n]?.push(...chunk));
  return splits;
}

/** `count` runs of neighbours: the first `length mod count` have one more than the others. */
function nearEqualRuns(ids: readonly number[], count: number): number[][] {
  const short = Math.floor(ids.length / count);
  const longer = ids.length % count;
  return Array.from({ length: count }, (_, index) => {
    const start = index * short + Math.min(index, longer);
    return ids.slice(start, start + short + (index < longer ? 1 : 0));
  });
}

/** The place of each chunk in an order that the seed decides. */
function shuffled(seed: number, chunks: readonly (readonly number[])[]): number[] {
  const order = chunks
    .map((chunk, index) => ({ index, lot: sha256Hex(`${seed}:${chunk[0] ?? 0}`) }))
    .sort((a, b) => compareText(a.lot, b.lot));
  const places: number[] = [];
  order.forEach(({ index }, place) => (places[index] = place));
  return places;
}

/** An identity of the whole set, equal in all siblings: what is compared are splits of one and the same division. */
function withSplitSet(rule: SplitRule, groups: readonly FormedGroup[]): FormedGroup[] {
  const memberships = groups.map(({ dims, memberIds }) => ({ dims, memberIds }));
  const splitSet = sha256Hex(
    canonicalJson({ rule: rule as unknown as Json, memberships: memberships as unknown as Json }),
  ).slice(0, 16);
  return groups.map((group) => ({
    ...group,
    report: { form: 'complete', split_set: splitSet, siblings: groups.length },
  }));
}

/** An item of several classes has the same place in all of them, or none: it is refused once, if no group took it. */
function onlyUnplaced(refused: readonly RefusedItem[], groups: readonly FormedGroup[]): RefusedItem[] {
  const placed = new Set(groups.flatMap(({ memberIds }) => memberIds));
  const once = new Map(refused.filter(({ id }) => !placed.has(id)).map((item) => [item.id, item]));
  return [...once.values()];
}
