import type { EntityManager } from 'typeorm';
import { clearStagedRows } from './result-tables/clear-staged-rows.sql.js';
import { insertOutcomes } from './result-tables/insert-outcomes.sql.js';
import { listUnbalancedRuns } from './result-tables/list-unbalanced-runs.sql.js';
import { settleRows } from './result-tables/settle-rows.sql.js';
import { judgeRuns } from '../quality/judge-runs.js';
import { stagePublications } from './publication/stage-publications.sql.js';
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
 * processes, changes nothing the second time. Of a run that makes products again nothing is registered but that. Returns how many runs it completed.
 */
export async function registerResults(
  manager: EntityManager,
  { actor, leaseOwner, results: collected, isNews = true }: RegisterResultsRequest,
): Promise<number> {
  if (collected.length === 0) return 0;
  return manager.transaction(async (transaction) => {
    const held = new Set(await lockCollections(transaction, { leaseOwner, runs: collected }));
    const mine = collected.filter((result) => held.has(result.runId));
    if (mine.length === 0) return 0;
    const remakes = await remakesAmong(transaction, [...held]);
    const results = mine.filter(({ runId }) => !remakes.has(runId));
    await settleRemakes(
      transaction,
      mine.filter(({ runId }) => remakes.has(runId)),
    );
    await insertProducts(transaction, results);
    await insertMeasurements(transaction, results);
    await takeRows(transaction, results);
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

/** Rows of tables and outcomes of items. */
async function takeRows(manager: EntityManager, results: readonly RunResult[]): Promise<void> {
  const filled = results.filter((result) => result.outcomes !== null);
  if (filled.length === 0) return;
  const runIds = filled.map(({ runId }) => runId);
  for (const { runId, outcomes } of filled)
    await insertOutcomes(manager, { runId, outcomes: outcomes ?? [] });
  const unbalanced = await listUnbalancedRuns(manager, runIds);
  if (unbalanced.length > 0) throw new Error(`runs ${unbalanced.join(', ')}: not every item has one outcome`);
  await settleRows(manager, runIds);
  await clearStagedRows(manager, runIds);
}
