import type { JobId, JobToken, TokenLookup } from '@meridian/core';
import { observationOf } from './job-states.js';
import { mayBeIn, parseSlurmId, readTokens, type NamedJob } from './locate-jobs.js';
import type { SlurmJob, SlurmJobKey } from './slurm-client.js';

/** Both answers, complete; `accounted` is empty where there is no accounting or everything was in the queue. */
export interface SlurmAnswers {
  readonly queue: readonly SlurmJob[];
  readonly accounted: readonly SlurmJob[];
  readonly maxArraySize: number;
  readonly now: Date;
}

/** What Slurm's accounting calls a job of which it has heard the end but not yet the beginning (seen on 22.05). */
const NAMELESS = new Set(['', 'allocation']);
/** Such a record gets its name within seconds; one that is older belongs to somebody else. */
const NAMELESS_FOR_MS = 3_600_000;

/**
 * Which of the tokens have a job. Absent are only those that neither answer can hide: not among the waiting tasks that Slurm cut off
 * its list, and not behind a fresh record that has no name yet.
 */
export function answerTokens(
  tokens: readonly JobToken[],
  { queue, accounted, maxArraySize, now }: SlurmAnswers,
): Map<JobToken, TokenLookup> {
  const [queued, later] = [readTokens(queue), readTokens(accounted)];
  const [found, foundLater] = [bestByToken(queued.named), bestByToken(later.named)];
  const partial = [...queued.partial, ...later.partial];
  const inQueue = new Set(queue.map(({ key }) => rootOf(key)));
  const isHidden = accounted.some((job) => isNameless(job, now) && !inQueue.has(rootOf(job.key)));
  const answer = (token: JobToken): TokenLookup => {
    const jobId = found.get(token) ?? foundLater.get(token);
    if (jobId !== undefined) return { kind: 'found', jobId };
    if (partial.some((array) => mayBeIn(token, array, maxArraySize)))
      return { kind: 'unanswered', reason: 'it may be one of the waiting tasks that Slurm did not list' };
    if (isHidden)
      return { kind: 'unanswered', reason: 'accounting has a job of which it does not know the name yet' };
    return { kind: 'absent' };
  };
  return new Map(tokens.map((token) => [token, answer(token)]));
}

const rootOf = (key: SlurmJobKey): number => (key.kind === 'single' ? key.id : key.arrayId);

const isNameless = ({ name, startedAt }: SlurmJob, now: Date): boolean =>
  NAMELESS.has(name) && (startedAt === null || now.getTime() - startedAt.getTime() < NAMELESS_FOR_MS);

/** Of copies of one job: one that lives or has not been fenced off, and of those the oldest. */
function bestByToken(named: readonly NamedJob[]): Map<JobToken, JobId> {
  const best = new Map<JobToken, { jobId: JobId; rank: number }>();
  for (const { token, jobId, job } of named) {
    const seen = observationOf(job);
    const rank =
      (seen.kind === 'finished' && seen.state !== 'COMPLETED' ? 1e12 : 0) + (parseSlurmId(jobId)?.id ?? 0);
    const known = best.get(token);
    if (known === undefined || rank < known.rank) best.set(token, { jobId, rank });
  }
  return new Map([...best].map(([token, { jobId }]) => [token, jobId]));
}
