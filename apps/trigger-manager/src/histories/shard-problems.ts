import { canonicalJson, groupKeyOf, type Dims, type ItemRule } from '@meridian/core';
import type { ExpectedStep, ExpectedSubGroup } from './oracle.js';
import { MOST_BUNDLED } from './plan-rules.js';
import type { Tables } from './read-tables.js';

/**
 * What may not be so, however a step's shards came about: every item that it takes is in one of them and no other, those that
 * have no run yet hold nothing else, and those that have one hold what it was given.
 */
export const shardProblems = (tables: Tables, steps: readonly ExpectedStep[]): string[] =>
  steps.flatMap((step) => (step.rule.kind === 'item' ? problemsOf(tables, step, step.rule) : []));

function problemsOf(tables: Tables, { step, taken, subGroups }: ExpectedStep, rule: ItemRule): string[] {
  const shards = subGroups.filter(({ members }) => members.length > 0);
  const holders = new Map<number, ExpectedSubGroup[]>();
  for (const shard of shards)
    for (const id of idsOf(shard)) holders.set(id, [...(holders.get(id) ?? []), shard]);
  const keys = new Map(taken.map(({ item: { row } }) => [row.id, groupKeyOf(rule.terms, row)]));
  return [
    ...[...holders]
      .filter(([, held]) => held.length > 1)
      .map(([id, held]) => `item ${id} is in ${held.length} shards`),
    ...[...keys.keys()].filter((id) => !holders.has(id)).map((id) => `item ${id} is in no shard`),
    ...shards.flatMap((shard) =>
      tables.runs.some((run) => run.subGroupId === shard.stored?.id)
        ? thawed(tables, shard)
        : misplaced(shard, keys),
    ),
  ].map((problem) => `${step.name} (${step.id}): ${problem}`);
}

const idsOf = ({ members }: ExpectedSubGroup): number[] =>
  members.map(({ item }) => item.row.id).sort((a, b) => a - b);

/** A shard that had a run, and does not hold what that was given. */
const thawed = (tables: Tables, shard: ExpectedSubGroup): string[] =>
  tables.runs
    .filter((run) => run.subGroupId === shard.stored?.id)
    .map((run) => ({ run, given: run.inputs.map(({ itemId }) => itemId).sort((a, b) => a - b) }))
    .filter(({ given }) => canonicalJson(given) !== canonicalJson(idsOf(shard)))
    .map(
      ({ run, given }) =>
        `shard ${canonicalJson(shard.dims)} holds ${idsOf(shard).join(', ')}, and run ${run.id} was given ${given.join(', ')}`,
    );

/** An open shard with too much in it, or with what belongs elsewhere. */
function misplaced({ dims, members }: ExpectedSubGroup, keys: ReadonlyMap<number, Dims>): string[] {
  const { shard, ...key } = dims;
  const strangers = members.filter(({ item }) => {
    const own = keys.get(item.row.id);
    return own === undefined || canonicalJson(own) !== canonicalJson(key);
  });
  return [
    ...(typeof shard === 'number' ? [] : [`${canonicalJson(dims)} is no shard`]),
    ...(members.length > MOST_BUNDLED ? [`shard ${canonicalJson(dims)} holds ${members.length}`] : []),
    ...strangers.map(
      ({ item }) => `shard ${canonicalJson(dims)} holds item ${item.row.id}, which is not its own`,
    ),
  ];
}
