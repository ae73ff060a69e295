import { assignShards, canonicalJson, type Dims, type ItemRule } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { loadPartitionMembers } from '../queries/gap/load-partition-members.sql.js';
import { loadShards, type LoadedShard } from '../queries/gap/load-shards.sql.js';
import { writeGroups, type GroupToWrite } from '../queries/gap/write-groups.sql.js';
import type { Regrouping } from './regroup-step.js';

/**
 * Puts changed items into shards. A shard that had a run keeps its members for ever; those of the others come and go,
 * and those with room are filled first.
 */
export async function regroupShards(
  manager: EntityManager,
  { rule, selection, changedItemIds }: Regrouping<ItemRule>,
): Promise<readonly number[]> {
  const members = await loadPartitionMembers(manager, {
    selection,
    reach: changedItemIds === 'all' ? { kind: 'all' } : { kind: 'items', ids: changedItemIds },
    rows: 'none',
  });
  const shards = await loadShards(manager, { stepId: selection.stepId, itemIds: changedItemIds });
  const keyOf = new Map(members.map(({ id, keyDims }) => [id, canonicalJson(keyDims)]));
  const changed = changedItemIds === 'all' ? null : new Set(changedItemIds);
  const kept = shards.map((shard) => (shard.isFrozen ? shard : withoutLost(shard, { keyOf, changed })));
  const held = new Set(kept.flatMap(({ memberIds }) => memberIds));
  const dimsOf = new Map(
    [...kept, ...members].map(({ keyDims }): [string, Dims] => [canonicalJson(keyDims), keyDims]),
  );
  const groups = [...dimsOf].flatMap(([key, keyDims]) => {
    const own = kept.filter((shard) => canonicalJson(shard.keyDims) === key);
    const unassigned = members.flatMap(({ id }) => (!held.has(id) && keyOf.get(id) === key ? [id] : []));
    return shardsOf({ rule, keyDims, own, unassigned });
  });
  return writeGroups(manager, { selection, groups, consideredIds: changedItemIds });
}

/** An open shard without the changed items that the step does not take any more, or takes under another key. */
function withoutLost(
  shard: LoadedShard,
  { keyOf, changed }: { keyOf: ReadonlyMap<number, string>; changed: ReadonlySet<number> | null },
): LoadedShard {
  const key = canonicalJson(shard.keyDims);
  const isKept = (id: number): boolean => keyOf.get(id) === key || changed?.has(id) === false;
  return { ...shard, memberIds: shard.memberIds.filter(isKept) };
}

function shardsOf({
  rule: { bundle },
  keyDims,
  own,
  unassigned,
}: {
  rule: ItemRule;
  keyDims: Dims;
  own: readonly LoadedShard[];
  unassigned: readonly number[];
}): GroupToWrite[] {
  const filled = assignShards({
    unassigned,
    bundle,
    open: own.filter(({ isFrozen, isRetry }) => !isFrozen && !isRetry),
    nextShardNumber: (own[0]?.lastNumber ?? 0) + 1,
  });
  const byNumber = new Map([...own, ...filled].map(({ number, memberIds }) => [number, memberIds]));
  const retries = new Set(own.flatMap(({ number, isRetry }) => (isRetry ? [number] : [])));
  return [...byNumber]
    .filter(([, memberIds]) => memberIds.length > 0)
    .map(([number, memberIds]) => ({
      dims: { ...keyDims, shard: number },
      memberIds,
      report: {
        form: memberIds.length < bundle ? 'partial' : 'complete',
        bundle,
        ...(retries.has(number) ? { retry: true } : {}),
      },
    }));
}
