import {
  canonicalJson,
  DomainError,
  isItemRetried,
  isSameItemClass,
  parseRetryPolicy,
  type Dims,
  type ItemRule,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { loadEvaluableSteps } from '../queries/gap/load-evaluable-steps.sql.js';
import { loadShards } from '../queries/gap/load-shards.sql.js';
import { becomeEvaluator } from '../queries/gap/lock-evaluation.sql.js';
import { writeGroups, type GroupToWrite } from '../queries/gap/write-groups.sql.js';
import type { ItemStep } from '../queries/item-gaps/find-item-step.sql.js';
import { listItemGaps, type ItemGap } from '../queries/item-gaps/list-item-gaps.sql.js';
import { tellSubGroups } from '../queries/item-gaps/tell-sub-groups.sql.js';
import { selectionOf } from './step-selection.js';

export interface ItemsToRetry {
  readonly step: ItemStep;
  /** Only failures of these classes, whatever the policy says of them; null asks the policy. */
  readonly classes: readonly string[] | null;
  /** Only these; null is all. */
  readonly itemIds: readonly number[] | null;
  readonly now: Date;
}

export interface RetriedItems {
  readonly items: number;
  readonly shards: number;
  /** What their classes keep from being tried again. */
  readonly notRetried: number;
  /** What is at work, or will be, already. */
  readonly pending: number;
  /** There are more than one request takes. */
  readonly isMore: boolean;
}

const AT_ONCE = 10_000;

/**
 * Makes new shards of items that failed, or of which nothing was said: exactly these are processed again. The runs that took them stay what they
 * were, and so do their other items. Call it in a transaction.
 *
 * An item is in one retry at a time: while the shard that it was put into is not settled, it is left alone.
 *
 * @throws DomainError `item_retry.no_shards`, `item_retry.busy`
 */
export async function retryItems(manager: EntityManager, request: ItemsToRetry): Promise<RetriedItems> {
  const { step, itemIds, now } = request;
  const { pipelineId } = step;
  // Who forms shards does so alone; the states that it leaves are those that are looked at here.
  if (!(await becomeEvaluator(manager, pipelineId))) throw busy();
  const evaluable = (await loadEvaluableSteps(manager, pipelineId)).find(({ id }) => id === step.id);
  const selection = evaluable === undefined ? null : selectionOf(evaluable, now);
  if (selection?.rule.kind !== 'item') throw noShards();
  const { rule } = selection;
  const gaps = await listItemGaps(manager, { stepId: step.id, itemIds, after: null, limit: AT_ONCE + 1 });
  const isMore = gaps.length > AT_ONCE;
  const settled = gaps.slice(0, AT_ONCE).filter(({ pending }) => pending === null);
  const wanted = settled.filter(isWanted(request));
  const shards = await loadShards(manager, {
    stepId: step.id,
    itemIds: wanted.map(({ itemId }) => itemId),
  });
  const lastNumbers = new Map(
    shards.map(({ keyDims, lastNumber }): [string, number] => [canonicalJson(keyDims), lastNumber]),
  );
  const groups = retryShards(wanted, rule, lastNumbers);
  const ids = await writeGroups(manager, { selection, groups, consideredIds: [] });
  await tellSubGroups(manager, { stepId: step.id, ids });
  return {
    items: wanted.length,
    shards: groups.length,
    notRetried: settled.length - wanted.length,
    pending: Math.min(gaps.length, AT_ONCE) - settled.length,
    isMore,
  };
}

function isWanted({ step, classes }: ItemsToRetry): (gap: ItemGap) => boolean {
  const policy = parseRetryPolicy(step.retry);
  return ({ failureClass }) =>
    classes === null
      ? isItemRetried(failureClass, policy)
      : classes.some((one) => isSameItemClass(one, failureClass));
}

/** Full shards, after those that are there; none takes what arrives later. */
function retryShards(
  wanted: readonly ItemGap[],
  { bundle }: ItemRule,
  lastNumbers: ReadonlyMap<string, number>,
): GroupToWrite[] {
  const byKey = new Map<string, { keyDims: Dims; ids: number[] }>();
  for (const { itemId, subGroupDims } of wanted) {
    const keyDims: Dims = Object.fromEntries(
      Object.entries(subGroupDims).filter(([name]) => name !== 'shard'),
    );
    const key = canonicalJson(keyDims);
    const found = byKey.get(key) ?? { keyDims, ids: [] };
    found.ids.push(itemId);
    byKey.set(key, found);
  }
  return [...byKey].flatMap(([key, { keyDims, ids }]) =>
    Array.from({ length: Math.ceil(ids.length / bundle) }, (_, index): GroupToWrite => {
      const memberIds = ids.slice(index * bundle, (index + 1) * bundle);
      const form = memberIds.length < bundle ? 'partial' : 'complete';
      return {
        dims: { ...keyDims, shard: (lastNumbers.get(key) ?? 0) + 1 + index },
        memberIds,
        report: { form, bundle, retry: true },
      };
    }),
  );
}

const busy = (): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'item_retry.busy',
    message: 'The gaps of this pipeline are being evaluated at this moment.',
    action: 'Try again in a moment.',
  });

const noShards = (): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'item_retry.no_shards',
    message: 'Only a step that bundles items, group_by: {item: …}, can try some of them again.',
    action: 'Have the whole sub-group run again: meridian trigger --force.',
  });
