import {
  decideRetry,
  DEFAULT_RETRY_POLICY,
  parseRetryPolicy,
  type FailureClass,
  type Resources,
  type RetryPolicy,
} from '@meridian/core';
import type { Logger } from '@meridian/daemon';
import { recordSubmissions, failRuns, releaseLeases, type RunFailure } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Site } from '../sites/sites.js';
import { submitAttempts, type IntendedAttempt } from './submit-attempts.js';

/** What deciding on a retry needs to know of a run. */
export interface Retryable {
  readonly runId: number;
  readonly failureCount: number;
  readonly retry: unknown;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
  readonly maxMemoryMb: number;
  readonly maxWalltimeMinutes: number;
}

export interface SubmissionOptions {
  readonly dataSource: DataSource;
  readonly owner: string;
  readonly logger: Logger;
  /** How soon an unknown outcome is looked up. */
  readonly lookUpAfterSeconds: number;
}

export interface SubmissionReport {
  /** Accepted or rejected: the outcome is known and recorded. */
  readonly decided: number;
  /** Why nothing is known of the others; null when everything is. */
  readonly silence: string | null;
}

/**
 * Submits attempts whose intent is committed and records what the site said: accepted ones SUBMITTED, rejected ones FAILED (and back
 * to PENDING while their policy allows it), unknown ones left SUBMITTING for the reconcile pass.
 *
 * No transaction is open while the site is asked. Dying anywhere in here leaves attempts that the reconcile pass finds by their token.
 */
export async function submitAndRecord<Attempt extends IntendedAttempt & Retryable>(
  site: Site,
  attempts: readonly Attempt[],
  options: SubmissionOptions,
): Promise<SubmissionReport> {
  if (attempts.length === 0) return { decided: 0, silence: null };
  const { dataSource, owner } = options;
  const byToken = new Map(attempts.map((attempt) => [attempt.spec.token, attempt]));
  const outcomes = (await submitAttempts(site, attempts)).map(({ outcome }) => outcome);

  const submissions = [];
  const failures: RunFailure[] = [];
  const unknown = [];
  for (const outcome of outcomes) {
    const attempt = byToken.get(outcome.token);
    if (attempt === undefined) continue;
    const { runId } = attempt;
    if (outcome.kind === 'accepted')
      submissions.push({ runId, attempt: attempt.attempt, jobId: outcome.jobId });
    else if (outcome.kind === 'rejected') {
      const reason = `location ${site.location.name} rejected the job: ${outcome.reason}`;
      failures.push({
        ...failureOf(attempt, 'INFRASTRUCTURE', reason),
        fromStatus: 'SUBMITTING',
        attempt: attempt.attempt,
      });
    } else unknown.push({ runId, reason: outcome.reason });
  }
  await recordSubmissions(dataSource.manager, { actor: owner, why: 'submitted', submissions });
  await failRuns(dataSource.manager, { actor: owner, leaseOwner: owner, failures });
  await leaveToReconcile(unknown, options);
  return { decided: submissions.length + failures.length, silence: unknown[0]?.reason ?? null };
}

async function leaveToReconcile(
  unknown: readonly { runId: number; reason: string }[],
  options: SubmissionOptions,
): Promise<void> {
  const first = unknown[0];
  if (first === undefined) return;
  options.logger.warn(
    { runs: unknown.length, reason: first.reason },
    `whether ${unknown.length} submissions took effect is not known: ${first.reason}`,
  );
  await releaseLeases(options.dataSource.manager, {
    leaseOwner: options.owner,
    runs: unknown.map(({ runId, reason }) => ({
      runId,
      waitingReason: `whether its submission took effect is not known (${reason}); it is looked up by its token`,
      retrySeconds: options.lookUpAfterSeconds,
    })),
  });
}

/** The failure of a run, with what its step's retry policy makes of it. */
export function failureOf(
  run: Retryable,
  failureClass: FailureClass,
  reason: string,
): Omit<RunFailure, 'fromStatus'> {
  const resources: Resources = {
    cpus: run.cpus,
    memoryMb: run.memoryMb,
    walltimeMinutes: run.walltimeMinutes,
  };
  const decision = decideRetry({
    failureClass,
    failureCount: run.failureCount + 1,
    policy: retryPolicyOf(run.retry),
    resources,
    caps: { maxMemoryMb: run.maxMemoryMb, maxWalltimeMinutes: run.maxWalltimeMinutes },
  });
  const retry = decision.retry
    ? { delaySeconds: decision.delaySeconds, resources: decision.resources }
    : null;
  return { runId: run.runId, failureClass, reason, retry };
}

/** A policy that cannot be read must not keep the failure from being recorded. */
function retryPolicyOf(document: unknown): RetryPolicy {
  try {
    return parseRetryPolicy(document);
  } catch {
    return DEFAULT_RETRY_POLICY;
  }
}
