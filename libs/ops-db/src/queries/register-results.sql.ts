import type { EntityManager } from 'typeorm';
import { settleItemFailures } from './currency/settle-item-failures.sql.js';
import { clearStagedRows } from './result-tables/clear-staged-rows.sql.js';
import { countStagedRows } from './result-tables/count-staged-rows.sql.js';
import { insertOutcomes } from './result-tables/insert-outcomes.sql.js';
import { listUnbalancedRuns } from './result-tables/list-unbalanced-runs.sql.js';
import { settleRows } from './result-tables/settle-rows.sql.js';
import { offerRows } from '../result-tables/offer-rows.js';
import { judgeRuns } from '../quality/judge-runs.js';
import { stagePublications } from './publication/stage-publications.sql.js';
import { notePreviews } from './previews/note-previews.sql.js';
import { completeRuns } from './complete-runs.sql.js';
import { insertMeasurements } from './insert-measurements.sql.js';
import { insertProducts } from './insert-products.sql.js';
import { lockCollections } from './lock-collections.sql.js';
import { recordAttemptFacts } from './record-attempt-facts.sql.js';
import { remakesAmong, settleRemakes } from './remake/settle-remakes.sql.js';
import type { RunResult } from './run-result.js';

export interface RegisterResultsRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  readonly results: readonly RunResult[];
  /** False for what was complete before: nothing is staged for publication by itself. True when left out. */
  readonly isNews?: boolean;
}

/**
 * Registers everything of many runs and completes them, in one transaction: all of it, or nothing.
 *
 * Only runs that are COLLECTING_RESULTS under this owner's lease and at this attempt are touched, so doing it twice, or in two
 * processes, changes nothing the second time. A run of which rows are staged no more, because the server crashed since, is left to be
 * collected again. Of a run that makes products again nothing is registered but that. Returns how many runs it completed.
 */
export async function registerResults(
  manager: EntityManager,
  { actor, leaseOwner, results: collected, isNews = true }: RegisterResultsRequest,
): Promise<number> {
  if (collected.length === 0) return 0;
  return manager.transaction(async (transaction) => {
    const held = new Set(await lockCollections(transaction, { leaseOwner, runs: collected }));
    const mine = await withTheirRows(
      transaction,
      collected.filter((result) => held.has(result.runId)),
    );
    if (mine.length === 0) return 0;
    const remakes = await remakesAmong(transaction, [...held]);
    const results = mine.filter(({ runId }) => !remakes.has(runId));
    await settleRemakes(
      transaction,
      mine.filter(({ runId }) => remakes.has(runId)),
    );
    await insertProducts(transaction, results);
    await notePreviews(transaction, results);
    await insertMeasurements(transaction, results);
    await takeRows(transaction, { results, leaseOwner });
    await recordAttemptFacts(
      transaction,
      mine.map((result) => result.facts),
    );
    const runIds = results.map(({ runId }) => runId);
    await judgeRuns(transaction, runIds);
    if (isNews) await stagePublications(transaction, { runIds, actor });
    return completeRuns(transaction, { actor, results: mine });
  });
}

/** Those of which everything that was staged is there; it is locked with their runs from now on. */
async function withTheirRows(manager: EntityManager, results: readonly RunResult[]): Promise<RunResult[]> {
  const filled = results.filter(({ outcomes }) => outcomes !== null).map(({ runId }) => runId);
  const staged = filled.length === 0 ? new Map<number, number>() : await countStagedRows(manager, filled);
  return results.filter(
    ({ runId, outcomes, stagedRows = 0 }) => outcomes === null || (staged.get(runId) ?? 0) === stagedRows,
  );
}

/** Rows of tables and outcomes of items. */
async function takeRows(
  manager: EntityManager,
  { results, leaseOwner }: { results: readonly RunResult[]; leaseOwner: string },
): Promise<void> {
  const filled = results.filter((result) => result.outcomes !== null);
  if (filled.length === 0) return;
  const runIds = filled.map(({ runId }) => runId);
  for (const { runId, outcomes } of filled)
    await insertOutcomes(manager, { runId, outcomes: outcomes ?? [] });
  const unbalanced = await listUnbalancedRuns(manager, runIds);
  if (unbalanced.length > 0) throw new Error(`runs ${unbalanced.join(', ')}: not every item has one outcome`);
  await settleItemFailures(manager, runIds);
  await settleRows(manager, runIds);
  await offerRows(manager, runIds);
  for (const { runId, attempt } of filled) await clearStagedRows(manager, { runId, attempt, leaseOwner });
}
