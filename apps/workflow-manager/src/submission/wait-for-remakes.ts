import { remakeWords, type RemakeAccount } from '@meridian/core';
import {
  listRemakeAccounts,
  recordLostCopies,
  releaseRuns,
  requestRemakes,
  type ClaimedRun,
  type LostCopy,
  type RunInput,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import { isRows } from '../staging/place-rows.js';

/** A run that cannot be staged before products are made again. */
export interface WaitingForRemakes {
  readonly run: ClaimedRun;
  readonly itemIds: readonly number[];
  /** Copies that were found gone, or not as registered, while staging. */
  readonly lost: readonly LostCopy[];
}

/** Who settles a request wakes its waiters; this is only for what nobody foresaw. */
const LOOK_AGAIN_SECONDS = 300;
/** Until a person does something, or a newer run replaces what is missing. */
const LOOK_SELDOM_SECONDS = 600;
const NAMED = 3;

/** Products among a run's inputs that no location has any more, though their records say what they are. Rows of tables never had one. */
export const productsWithoutCopy = (inputs: readonly RunInput[]): RunInput[] =>
  inputs.filter(
    (input) =>
      input.productType !== null &&
      !isRows(input) &&
      input.copies.length === 0 &&
      input.sha256 === input.currentSha256,
  );

/** Why nobody should make bytes again for this run, or null: what it waits for was replaced, so that its sub-group gets another run. */
export function whyOutdated(
  { remakesRunId }: Pick<ClaimedRun, 'remakesRunId'>,
  gone: readonly RunInput[],
): string | null {
  const replaced = gone.find(({ isSuperseded }) => isSuperseded);
  if (replaced === undefined || remakesRunId !== null) return null;
  return (
    `input ${replaced.name} (product ${replaced.itemId}) has no copy left and was replaced by a newer one after the run was created; ` +
    'the run is outdated, and its sub-group will get a new one'
  );
}

/**
 * Asks that what a run lacks be made again, and gives the run back until then, in one transaction: a manager that dies here leaves it claimed, and
 * whoever claims it next finds the same.
 */
export function waitForRemakes(
  { dataSource, owner }: { dataSource: DataSource; owner: string },
  { run, itemIds, lost }: WaitingForRemakes,
): Promise<void> {
  return dataSource.transaction(async (transaction: EntityManager) => {
    await recordLostCopies(transaction, lost);
    const request = { itemIds, waiterRunId: run.runId, actor: owner, insist: false };
    await requestRemakes(transaction, request);
    const accounts = await listRemakeAccounts(transaction, itemIds);
    await releaseRuns(transaction, {
      actor: owner,
      leaseOwner: owner,
      releases: [{ runId: run.runId, reason: reasonOf(accounts), delaySeconds: delayOf(accounts) }],
    });
  });
}

/** The worst first: what needs a person. */
const RANK = ['different', 'failed', 'accepted', 'wanted', 'making', 'same'] as const;

function reasonOf(accounts: readonly RemakeAccount[]): string {
  const words = [...accounts]
    .sort((left, right) => RANK.indexOf(left.state) - RANK.indexOf(right.state))
    .map(remakeWords);
  const more = words.length > NAMED ? [`and ${words.length - NAMED} more`] : [];
  return [...words.slice(0, NAMED), ...more].join('; ');
}

function delayOf(accounts: readonly RemakeAccount[]): number {
  const states = new Set(accounts.map(({ state }) => state));
  if (states.has('different') || states.has('failed') || states.has('accepted')) return LOOK_SELDOM_SECONDS;
  return states.has('wanted') || states.has('making') ? LOOK_AGAIN_SECONDS : 0;
}
