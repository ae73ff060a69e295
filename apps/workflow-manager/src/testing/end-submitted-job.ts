import type { FailureClass } from '@meridian/core';
import { claimCollections, failRuns, recordObservations, registerResults } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';

const ACTOR = 'result-manager';

/** What the result-manager does when a submitted job ended: with a failure, for good, or (null) with success and no products. */
export async function endSubmittedJob(
  db: EntityManager,
  runId: number,
  failureClass: FailureClass | null,
): Promise<void> {
  const { attempt } = (await runRow(db, runId)) as { attempt: number };
  const observed = { exitCode: null, usage: {}, startedAt: null, why: 'it ended' };
  const observations = [{ runId, attempt, seen: 'ended' as const, endState: null, ...observed }];
  await recordObservations(db, { actor: ACTOR, observations });
  if (failureClass !== null) {
    const failure = { failureClass, reason: `it failed as ${failureClass}`, retry: null };
    await failRuns(db, {
      actor: ACTOR,
      failures: [{ runId, fromStatus: 'COLLECTING_RESULTS', ...failure }],
    });
    return;
  }
  await claimCollections(db, { owner: ACTOR, leaseSeconds: 30, limit: 10 });
  const times = { startedAt: null, endedAt: null, cpuSeconds: null, peakMemoryMb: null };
  const facts = { runId, attempt, host: null, exitCode: 0, ...times };
  const results = [{ runId, attempt, products: [], metrics: [], warnings: [], outcomes: null, facts }];
  await registerResults(db, { actor: ACTOR, leaseOwner: ACTOR, results });
}
