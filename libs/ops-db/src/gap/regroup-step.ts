import {
  canonicalJson,
  clusterIsland,
  formGroups,
  KIND_DIMS,
  tablesOfDeriveRules,
  toMicroseconds,
  type ClusterRule,
  type Dims,
  type FormedRule,
  type ItemRule,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { findTouchedPartitions, type TouchedPartition } from '../queries/gap/find-touched-partitions.sql.js';
import {
  loadPartitionMembers,
  type MembersRequest,
  type PartitionMember,
} from '../queries/gap/load-partition-members.sql.js';
import type { StepSelection } from '../queries/gap/step-members.js';
import { writeGroups, type GroupToWrite } from '../queries/gap/write-groups.sql.js';
import { regroupShards } from './regroup-shards.js';

export interface Regrouping<Rule = FormedRule | ItemRule> {
  readonly rule: Rule;
  /** Its key is that of the rule's terms. */
  readonly selection: StepSelection;
  /** Items that may be members now or may have been, and are not what they were; `all` forms everything anew. */
  readonly changedItemIds: readonly number[] | 'all';
  readonly now: Date;
}

/**
 * Forms the sub-groups of a step whose membership is no function of one row: clusters, windows, splits and shards.
 *
 * Looks at the by-keys that the changed items touch, of clusters only at the neighbourhood in time, and at observations
 * whose waiting is over by `now`. Except for shards, the result is what forming everything anew would give. Call it
 * within the evaluation's transaction. Returns the sub-groups whose members or report changed, and those that are gone.
 */
export async function regroupStep(
  manager: EntityManager,
  regrouping: Regrouping,
): Promise<readonly number[]> {
  const { rule, changedItemIds } = regrouping;
  if (rule.kind === 'item') return regroupShards(manager, { ...regrouping, rule });
  const members =
    changedItemIds === 'all'
      ? await loadPartitionMembers(manager, {
          selection: regrouping.selection,
          reach: { kind: 'all' },
          rows: rowsFor(rule),
        })
      : await loadTouched(manager, { ...regrouping, rule }, changedItemIds);
  if (members === null) return [];
  return writeGroups(manager, {
    selection: regrouping.selection,
    groups: formed({ ...regrouping, rule }, members),
    consideredIds: changedItemIds === 'all' ? 'all' : [...changedItemIds, ...members.map(({ id }) => id)],
  });
}

/** Only the cases and the derived dims of a split look at whole rows. */
function rowsFor(rule: FormedRule): MembersRequest['rows'] {
  if (rule.kind !== 'split') return 'none';
  return tablesOfDeriveRules(rule.derive).has('Telescope') ? 'item_and_telescope' : 'item';
}

function formed({ rule, now }: Regrouping<FormedRule>, members: readonly PartitionMember[]): GroupToWrite[] {
  return [...byKey(members)].flatMap((partition) =>
    formGroups(rule, partition, now.getTime() * 1000).map(({ dims, memberIds, report }) => ({
      dims: { ...partition[0]?.keyDims, ...dims },
      memberIds,
      report,
    })),
  );
}

/** Items with the same key, together. */
export function byKey<Item extends { readonly keyDims: Dims }>(items: readonly Item[]): Iterable<Item[]> {
  const partitions = new Map<string, Item[]>();
  for (const item of items) {
    const key = canonicalJson(item.keyDims);
    const others = partitions.get(key);
    if (others === undefined) partitions.set(key, [item]);
    else others.push(item);
  }
  return partitions.values();
}

/** The members that the formation must look at; null when nothing is touched. */
async function loadTouched(
  manager: EntityManager,
  { rule, selection, now }: Regrouping<FormedRule>,
  changedItemIds: readonly number[],
): Promise<readonly PartitionMember[] | null> {
  const touched = await findTouchedPartitions(manager, {
    selection,
    changedItemIds,
    kindDims: KIND_DIMS[rule.kind],
    now,
  });
  if (touched.length === 0) return null;
  if (rule.kind === 'cluster') return loadIslands(manager, { rule, selection, touched, changedItemIds });
  return loadPartitionMembers(manager, {
    selection,
    reach: { kind: 'keys', keys: touched.map(({ keyDims }) => keyDims) },
    rows: rowsFor(rule),
  });
}

interface Neighbourhoods {
  readonly rule: ClusterRule;
  readonly selection: StepSelection;
  readonly touched: readonly TouchedPartition[];
  readonly changedItemIds: readonly number[];
}

/** How far around a change the first look goes, in tolerances, and how much further each look after it. */
const FIRST_LOOK = 20;
const FURTHER = 8;

/** The members in the islands of time around what changed, and all that could not be placed. */
async function loadIslands(
  manager: EntityManager,
  { rule, selection, touched, changedItemIds }: Neighbourhoods,
): Promise<readonly PartitionMember[]> {
  const tolerance = toMicroseconds(rule.toleranceSeconds);
  const unplaced = new Set(touched.flatMap((partition) => partition.unplaced));
  const ids = [...changedItemIds, ...unplaced];
  for (let pad = tolerance * FIRST_LOOK; ; pad *= FURTHER) {
    const scopes = touched.map(({ keyDims, from, to }) => ({
      keyDims,
      // Without a time nothing but items by their id is looked at: the range is empty.
      from: from === null ? 0 : from - pad,
      to: to === null ? -1 : to + pad,
    }));
    const found = await loadPartitionMembers(manager, {
      selection,
      reach: { kind: 'ranges', scopes, ids },
      rows: 'none',
    });
    const islands = new Map(
      touched.map((partition, index) => [
        canonicalJson(partition.keyDims),
        islandOf(rule, partition, found, scopes[index]),
      ]),
    );
    if ([...islands.values()].some((island) => island?.isCut === true)) continue;
    return found.filter(({ id, time, keyDims }) => {
      const island = islands.get(canonicalJson(keyDims)) ?? null;
      const isNear = island !== null && time !== null && time >= island.from && time <= island.to;
      return isNear || time === null || unplaced.has(id);
    });
  }
}

/** The island around what changed in a partition, and whether it may reach out of what was looked at. */
function islandOf(
  rule: ClusterRule,
  { keyDims, from, to }: TouchedPartition,
  found: readonly PartitionMember[],
  scope: { from: number; to: number } | undefined,
): { from: number; to: number; isCut: boolean } | null {
  if (from === null || to === null || scope === undefined) return null;
  const key = canonicalJson(keyDims);
  const times = found.flatMap(({ time, keyDims: own }) =>
    time !== null && canonicalJson(own) === key ? [time] : [],
  );
  const island = clusterIsland(times, [from, to], rule.toleranceSeconds);
  const tolerance = toMicroseconds(rule.toleranceSeconds);
  return { ...island, isCut: island.from - tolerance < scope.from || island.to + tolerance > scope.to };
}
