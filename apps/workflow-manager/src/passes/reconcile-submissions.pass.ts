import { join } from 'node:path';
import { messageOf, type JobToken, type TokenLookup } from '@meridian/core';
import { mapConcurrently, whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import {
  cancelAbsentRuns,
  claimUnreconciledAttempts,
  failRuns,
  recordResubmission,
  recordSubmissions,
  releaseLeases,
  renewLeases,
  type UnreconciledAttempt,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Site, Sites } from '../sites/sites.js';
import { jobSpec } from '../staging/plan-attempt.js';
import {
  decideReconciliation,
  type ClaimMarker,
  type Reconciliation,
} from '../submission/decide-reconciliation.js';
import { hasJobScript, readClaimMarker } from '../submission/read-claim-marker.js';
import { failureOf, submitAndRecord } from '../submission/record-outcomes.js';

export interface ReconcileSubmissionsOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly owner: string;
  readonly batchSize: number;
  readonly leaseSeconds: number;
  /** Beyond the site's own submission time-out. */
  readonly graceSeconds: number;
  readonly lookUpAfterSeconds: number;
  readonly now: () => Date;
  readonly logger: Logger;
}

interface Decided {
  readonly attempt: UnreconciledAttempt;
  readonly decision: Reconciliation;
}

const MARKERS_AT_ONCE = 8;

/** How far a site's clock may be from ours, with room to spare: too long only makes a search slower. */
const CLOCKS_DIFFER_BY_SECONDS = 3_600;

async function markerOf(
  { files }: Site,
  attempt: UnreconciledAttempt,
): Promise<{ marker: ClaimMarker; unread: TokenLookup | null }> {
  try {
    return { marker: await readClaimMarker(files, join(attempt.basePath, attempt.directory)), unread: null };
  } catch (error) {
    const reason = `its directory cannot be read: ${messageOf(error)}`;
    return { marker: { kind: 'none' }, unread: { kind: 'unanswered', reason } };
  }
}

/**
 * Settles SUBMITTING runs whose manager died, or whose submission had no known outcome: adopts the job, submits again what
 * provably never arrived, or waits and says so.
 */
export class ReconcileSubmissionsPass implements Pass {
  readonly name = 'reconcile-submissions';

  constructor(private readonly options: ReconcileSubmissionsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, sites, owner, leaseSeconds, batchSize, logger } = this.options;
    const known = await sites.all();
    const attempts = await claimUnreconciledAttempts(dataSource.manager, {
      leaseOwner: owner,
      leaseSeconds,
      locationIds: [...known.keys()],
      limit: batchSize,
    });
    if (attempts.length === 0) return 0;
    const runIds = attempts.map((attempt) => attempt.runId);
    const renew = (): Promise<number[]> =>
      renewLeases(dataSource.manager, { leaseOwner: owner, leaseSeconds, runIds });
    return whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, () =>
      this.reconcile(attempts, known, signal),
    );
  }

  private async reconcile(
    attempts: readonly UnreconciledAttempt[],
    sites: ReadonlyMap<number, Site>,
    signal: AbortSignal,
  ): Promise<number> {
    const perSite = [...sites].map(async ([locationId, site]) => {
      const ofSite = attempts.filter((attempt) => attempt.locationId === locationId);
      return ofSite.length === 0 || signal.aborted ? 0 : this.reconcileAtSite(site, ofSite);
    });
    let changed = 0;
    for (const result of await Promise.allSettled(perSite)) {
      if (result.status === 'rejected') throw result.reason;
      changed += result.value;
    }
    return changed;
  }

  private async reconcileAtSite(site: Site, attempts: readonly UnreconciledAttempt[]): Promise<number> {
    const decided = await this.decide(site, attempts);
    const { dataSource, owner } = this.options;
    const chosen = <Kind extends Reconciliation['kind']>(kind: Kind): UnreconciledAttempt[] =>
      decided.filter(({ decision }) => decision.kind === kind).map(({ attempt }) => attempt);
    const adopted = await this.adopt(decided);
    const cancelled = await cancelAbsentRuns(dataSource.manager, {
      actor: owner,
      leaseOwner: owner,
      runIds: chosen('cancel').map((attempt) => attempt.runId),
    });
    const failed = await this.fail(
      decided.flatMap(({ attempt, decision }) =>
        decision.kind === 'fail' ? [{ attempt, reason: decision.reason }] : [],
      ),
    );
    await this.wait(site, decided);
    return adopted + cancelled + failed + (await this.submitAgain(site, chosen('submit_again')));
  }

  private async decide(site: Site, attempts: readonly UnreconciledAttempt[]): Promise<Decided[]> {
    const { lookups, lostAfterSeconds } = await this.lookUp(site, attempts);
    return mapConcurrently(attempts, MARKERS_AT_ONCE, async (attempt) => {
      const answer: TokenLookup = lookups.get(attempt.token as JobToken) ?? {
        kind: 'unanswered',
        reason: 'the site did not mention it',
      };
      const { marker, unread } = await markerOf(site, attempt);
      // A marker that cannot be read may exist: that a site knows nothing then proves nothing.
      const lookup = unread !== null && answer.kind === 'absent' ? unread : answer;
      const { ageSeconds, isCancelRequested } = attempt;
      return {
        attempt,
        decision: decideReconciliation({ lookup, marker, ageSeconds, lostAfterSeconds, isCancelRequested }),
      };
    });
  }

  private async lookUp(
    site: Site,
    attempts: readonly UnreconciledAttempt[],
  ): Promise<{ lookups: Map<JobToken, TokenLookup>; lostAfterSeconds: number }> {
    const { now } = this.options;
    const tokens = attempts.map((attempt) => attempt.token as JobToken);
    try {
      const { submissionTimeoutSeconds } = await site.backend.capabilities();
      const oldest = Math.max(...attempts.map((attempt) => attempt.ageSeconds)) + CLOCKS_DIFFER_BY_SECONDS;
      const since = new Date(now().getTime() - oldest * 1000);
      const lookups = await site.backend.findByToken(tokens, since);
      return { lookups, lostAfterSeconds: submissionTimeoutSeconds + this.options.graceSeconds };
    } catch (error) {
      const reason = messageOf(error);
      return {
        lookups: new Map(tokens.map((token) => [token, { kind: 'unanswered', reason }])),
        lostAfterSeconds: Infinity,
      };
    }
  }

  private async adopt(decided: readonly Decided[]): Promise<number> {
    const { dataSource, owner, logger } = this.options;
    const byReason = new Map<string, { runId: number; attempt: number; jobId: string }[]>();
    for (const { attempt, decision } of decided) {
      if (decision.kind !== 'adopt') continue;
      logger.info(
        { run: attempt.runId, attempt: attempt.attempt, job: decision.jobId },
        `job ${decision.jobId} adopted: ${decision.why}`,
      );
      const submission = { runId: attempt.runId, attempt: attempt.attempt, jobId: decision.jobId };
      byReason.set(decision.why, [...(byReason.get(decision.why) ?? []), submission]);
    }
    let adopted = 0;
    for (const [why, submissions] of byReason) {
      adopted += (await recordSubmissions(dataSource.manager, { actor: owner, why, submissions })).length;
    }
    return adopted;
  }

  private async wait(site: Site, decided: readonly Decided[]): Promise<void> {
    const { dataSource, owner, logger } = this.options;
    const runs = decided.flatMap(({ attempt, decision }) =>
      decision.kind === 'wait'
        ? [{ runId: attempt.runId, waitingReason: decision.reason, retrySeconds: decision.seconds }]
        : [],
    );
    if (runs.length === 0) return;
    logger.info(
      { location: site.location.name, runs: runs.length },
      `${runs.length} submissions stay unknown: ${runs[0]?.waitingReason ?? ''}`,
    );
    await releaseLeases(dataSource.manager, { leaseOwner: owner, runs });
  }

  /** Under the same token, so that a copy that does exist after all is the same job to the site, and to the claim in its directory. */
  private async submitAgain(site: Site, attempts: readonly UnreconciledAttempt[]): Promise<number> {
    const { dataSource, owner, logger, lookUpAfterSeconds, leaseSeconds } = this.options;
    const present: UnreconciledAttempt[] = [];
    const gone: UnreconciledAttempt[] = [];
    for (const attempt of attempts)
      ((await hasJobScript(site.files, join(attempt.basePath, attempt.directory))) ? present : gone).push(
        attempt,
      );
    const failed = await this.fail(
      gone.map((attempt) => ({
        attempt,
        reason: `the job was never submitted, and its directory ${attempt.directory} is gone`,
      })),
    );
    const runIds = present.map((attempt) => attempt.runId);
    const mine = new Set(
      await recordResubmission(dataSource.manager, { leaseOwner: owner, leaseSeconds, runIds }),
    );
    const intended = present
      .filter(({ runId }) => mine.has(runId))
      .map((attempt) => ({
        ...attempt,
        spec: jobSpec({
          token: attempt.token as JobToken,
          label: attempt.label,
          directory: join(attempt.basePath, attempt.directory),
          resources: {
            cpus: attempt.cpus,
            memoryMb: attempt.memoryMb,
            walltimeMinutes: attempt.walltimeMinutes,
          },
        }),
      }));
    for (const { runId, attempt } of intended)
      logger.warn({ run: runId, attempt }, 'the submission was lost; it is made again under the same token');
    const report = await submitAndRecord(site, intended, { dataSource, owner, logger, lookUpAfterSeconds });
    return failed + report.decided;
  }

  private fail(lost: readonly { attempt: UnreconciledAttempt; reason: string }[]): Promise<number> {
    const { dataSource, owner } = this.options;
    const failures = lost.map(({ attempt, reason }) => ({
      ...failureOf(attempt, 'INFRASTRUCTURE', reason),
      fromStatus: 'SUBMITTING' as const,
      attempt: attempt.attempt,
    }));
    return failRuns(dataSource.manager, { actor: owner, leaseOwner: owner, failures });
  }
}
