import {
  parseJobToken,
  messageOf,
  type JobId,
  type JobObservation,
  type JobSpec,
  type JobToken,
  type LiveJob,
  type SiteCapabilities,
  type SubmitOutcome,
  type TokenLookup,
} from '@meridian/core';
import type { HpcBackend } from '../hpc-backend.js';
import { SiteDescription, siteUnanswered } from './describe-site.js';
import { answerTokens } from './answer-tokens.js';
import { neverStartsBecause, observationOf } from './job-states.js';
import { launchScript } from './launch-script.js';
import { jobIdOf, JobTable, parseSlurmId, readTokens, type SlurmId } from './locate-jobs.js';
import { planSubmissions, type PlannedSubmission } from './plan-arrays.js';
import { SlurmRefusal, type SlurmClient, type SlurmJob } from './slurm-client.js';
import { writeIndices } from './task-indices.js';

export interface SlurmBackendOptions {
  /** `slurm-rest` or `slurm-ssh`. */
  readonly backend: string;
  readonly client: SlurmClient;
  readonly locationName: string;
  readonly partition: string | null;
  /** What jobs start with: PATH at least. */
  readonly environment: Readonly<Record<string, string>>;
  readonly now?: () => Date;
}

/** Arrays that are handed in side by side: a cluster takes some hundred a second, and one is enough to stall behind. */
const SUBMISSIONS_AT_ONCE = 4;

/** Most jobs and arrays that accounting is asked about in one observation; the others have their turn in the next. */
const MOST_ACCOUNTED = 200;

/**
 * Slurm behind the port: arrays, tokens and what silence means, the same over every wire.
 *
 * A job is named after its run's token and an array after its first run's, so that the queue and accounting alone tell which job is
 * whose. Nothing is remembered here that would be missed after a restart.
 */
export class SlurmBackend implements HpcBackend {
  private readonly client: SlurmClient;
  private readonly site: SiteDescription;

  constructor(private readonly options: SlurmBackendOptions) {
    this.client = options.client;
    this.site = new SiteDescription(options);
  }

  async submit(jobs: readonly JobSpec[]): Promise<SubmitOutcome[]> {
    if (jobs.length === 0) return [];
    const maxArraySize = await this.site.known().then(
      (site) => site.maxArraySize,
      (error: unknown) => messageOf(error),
    );
    // Nothing was asked of the site yet, so nothing can have taken effect; but a cause that may pass is no rejection.
    if (typeof maxArraySize === 'string')
      return jobs.map(({ token }) => ({ kind: 'unknown', token, reason: maxArraySize }));
    const planned = planSubmissions(jobs, maxArraySize);
    const outcomes = new Map<JobToken, SubmitOutcome>();
    const work = planned.values();
    const worker = async (): Promise<void> => {
      for (const submission of work)
        for (const outcome of await this.submitOne(submission)) outcomes.set(outcome.token, outcome);
    };
    await Promise.all(Array.from({ length: SUBMISSIONS_AT_ONCE }, worker));
    return jobs.map(
      ({ token }) => outcomes.get(token) ?? { kind: 'unknown', token, reason: 'it was not submitted' },
    );
  }

  async observe(ids: readonly JobId[]): Promise<Map<JobId, JobObservation>> {
    const asked = ids.flatMap((jobId) => {
      const id = parseSlurmId(jobId);
      return id === null ? [] : [{ jobId, id }];
    });
    const seen = new Map<JobId, JobObservation>(ids.map((id) => [id, { kind: 'unknown' }]));
    if (asked.length === 0) return seen;
    const rows = await this.rowsOf(asked.map(({ id }) => id));
    const stuck: JobId[] = [];
    for (const { jobId, id } of asked) {
      const row = rows.find(id);
      if (row === null) continue;
      if (neverStartsBecause(row) !== null) stuck.push(jobId);
      seen.set(jobId, observationOf(row));
    }
    await this.giveUp(stuck, seen);
    return seen;
  }

  async findByToken(tokens: readonly JobToken[], since: Date): Promise<Map<JobToken, TokenLookup>> {
    if (tokens.length === 0) return new Map();
    try {
      return await this.lookUp(tokens, since);
    } catch (error) {
      const reason = messageOf(error);
      return new Map(tokens.map((token) => [token, { kind: 'unanswered', reason }]));
    }
  }

  async listAlive(installation: string): Promise<LiveJob[]> {
    try {
      const { named } = readTokens(await this.client.listJobs());
      return named.flatMap(({ token, jobId, job }) => {
        const { kind } = observationOf(job);
        const isOurs = parseJobToken(token)?.installation === installation;
        return isOurs && kind !== 'finished'
          ? [{ token, jobId, state: kind === 'queued' ? kind : 'running' }]
          : [];
      });
    } catch (error) {
      throw siteUnanswered(this.options.locationName, messageOf(error));
    }
  }

  async cancel(ids: readonly JobId[]): Promise<void> {
    const known = ids.filter((id) => parseSlurmId(id) !== null);
    if (known.length > 0) await this.client.cancel(known);
  }

  async capabilities(): Promise<SiteCapabilities> {
    const site = await this.site.ask();
    return {
      backend: this.options.backend,
      version: site.version,
      hasAccounting: site.hasAccounting,
      maxArraySize: site.maxArraySize,
      submissionTimeoutSeconds: site.messageTimeoutSeconds,
      details: {
        ...site.details,
        cluster: site.cluster,
        partitions: site.partitions.map(({ name }) => name),
      },
    };
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async submitOne(planned: PlannedSubmission): Promise<SubmitOutcome[]> {
    const { name, jobs, indices } = planned;
    const [first] = jobs;
    if (first === undefined) return [];
    try {
      const { jobId, neverStarts } = await this.client.submit({
        name,
        comment: first.label,
        script: launchScript(planned, this.options.environment),
        workingDirectory: first.directory,
        // Each task opens its own files; what Slurm itself would write there is in the job's state and reason.
        stdoutPath: '/dev/null',
        stderrPath: '/dev/null',
        resources: first.resources,
        indices: indices === null ? null : writeIndices(indices),
      });
      if (neverStarts === null)
        return jobs.map(({ token }, at) => ({
          kind: 'accepted',
          token,
          jobId: jobIdOf(jobId, indices?.[at] ?? null),
        }));
      await this.client.cancel([String(jobId)]);
      return jobs.map(({ token }) => ({ kind: 'rejected', token, reason: neverStarts }));
    } catch (error) {
      return jobs.map(({ token }) => failedSubmission(token, error));
    }
  }

  /** From the queue, and from accounting what is no longer there. A source that is silent has no rows. */
  private async rowsOf(ids: readonly SlurmId[]): Promise<{ find(id: SlurmId): SlurmJob | null }> {
    let queue: JobTable;
    try {
      queue = new JobTable(await this.client.listStates(distinct(ids)));
    } catch {
      return { find: () => null };
    }
    const left = ids.filter((id) => queue.find(id) === null);
    const accounted = await this.accountedRows(distinct(left).slice(0, MOST_ACCOUNTED));
    return {
      find: (id) => {
        const queued = queue.find(id);
        if (queued !== null) return queued;
        const row = accounted.find(id);
        // Accounting is late: of a job that the queue no longer has, only an end can be believed.
        return row !== null && observationOf(row).kind === 'finished' ? row : null;
      },
    };
  }

  private async accountedRows(ids: readonly number[]): Promise<JobTable> {
    try {
      const has = ids.length > 0 && (await this.site.known()).hasAccounting;
      return new JobTable(has ? await this.client.account({ kind: 'ids', ids }) : []);
    } catch {
      return new JobTable([]);
    }
  }

  /** A job that can never start is taken out of the queue, and counts as not launched once that is done. */
  private async giveUp(stuck: readonly JobId[], seen: Map<JobId, JobObservation>): Promise<void> {
    if (stuck.length === 0) return;
    try {
      await this.client.cancel(stuck);
    } catch {
      return;
    }
    for (const id of stuck) {
      const observation = seen.get(id);
      const reason = observation?.kind === 'queued' ? (observation.reason ?? '') : '';
      seen.set(id, {
        kind: 'finished',
        state: 'LAUNCH_FAILED',
        exitCode: null,
        usage: {},
        reason: `it could never start: ${reason}`,
      });
    }
  }

  private async lookUp(tokens: readonly JobToken[], since: Date): Promise<Map<JobToken, TokenLookup>> {
    const { hasAccounting, maxArraySize } = await this.site.known();
    const queue = await this.client.listJobs();
    const found = new Set(readTokens(queue).named.map(({ token }) => token));
    const isAccountingNeeded = hasAccounting && tokens.some((token) => !found.has(token));
    const accounted = isAccountingNeeded ? await this.client.account({ kind: 'since', since }) : [];
    const now = this.options.now?.() ?? new Date();
    return answerTokens(tokens, { queue, accounted, maxArraySize, now });
  }
}

function failedSubmission(token: JobToken, error: unknown): SubmitOutcome {
  // A site that could not be reached did not say no: the job is looked up, found absent, and goes out again.
  return { kind: error instanceof SlurmRefusal ? 'rejected' : 'unknown', token, reason: messageOf(error) };
}

const distinct = (ids: readonly SlurmId[]): number[] => [...new Set(ids.map(({ id }) => id))];
