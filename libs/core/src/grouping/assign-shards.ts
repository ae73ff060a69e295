/** Items that are processed by one run. */
export interface Shard {
  readonly number: number;
  readonly memberIds: readonly number[];
}

/**
 * Puts items into shards of `bundle`: into the open ones with room first, in order of their numbers, then into new ones.
 *
 * A shard is open until it has a run: its members are then what that run was given, for ever. Shards that had one are
 * not passed in, and nothing is ever taken out of a shard here. Returns the shards that changed, each with all of its
 * members.
 */
export function assignShards(request: {
  readonly unassigned: readonly number[];
  readonly bundle: number;
  readonly open: readonly Shard[];
  readonly nextShardNumber: number;
}): Shard[] {
  const { bundle } = request;
  const waiting = [...new Set(request.unassigned)].sort((a, b) => a - b);
  const changed: Shard[] = [];
  let taken = 0;
  for (const shard of [...request.open].sort((a, b) => a.number - b.number)) {
    const added = waiting.slice(taken, taken + Math.max(bundle - shard.memberIds.length, 0));
    taken += added.length;
    if (added.length > 0) changed.push({ ...shard, memberIds: [...shard.memberIds, ...added] });
  }
  for (let number = request.nextShardNumber; taken < waiting.length; number += 1, taken += bundle)
    changed.push({ number, memberIds: waiting.slice(taken, taken + bundle) });
  return changed;
}
