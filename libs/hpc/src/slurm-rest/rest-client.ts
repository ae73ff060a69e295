import type { SlurmJobOptions } from '../slurm/job-options.js';
import {
  SlurmRefusal,
  SlurmSilence,
  type AccountingQuery,
  type RequestKind,
  type SlurmAcceptance,
  type SlurmClient,
  type SlurmJob,
  type SlurmSite,
  type SlurmSubmission,
} from '../slurm/slurm-client.js';
import { readAccountedJobs } from './accounting-jobs.js';
import { readCancelRefusal } from './cancel-jobs.js';
import { QueueCache } from './queue-cache.js';
import { readQueueJobs } from './queue-jobs.js';
import { asDomainError } from './rest-problem.js';
import { RestSession, type Session } from './rest-session.js';
import type { RestSettings } from './rest-settings.js';
import { RestWire } from './rest-wire.js';
import { readPartitions, readSiteLimits, type SiteLimits } from './site-answers.js';
import { StateWatch } from './state-watch.js';
import { readAcceptance, submitBody } from './submit-job.js';
import { TokenSource } from './token-source.js';

export interface RestClientOptions {
  readonly settings: RestSettings;
  readonly job: SlurmJobOptions;
  /** For `token.env` and the few variables that a token command gets. */
  readonly readEnvironment: (name: string) => string | undefined;
  /** Called once per request on the wire. */
  readonly onRequest?: (kind: RequestKind) => void;
  readonly now?: () => Date;
}

/** Accounting is searched this much further back than asked, so that a clock that was set meanwhile hides no job. */
const CLOCK_STEP_SECONDS = 86_400;
const NO_LIMITS: SiteLimits = { maxArraySize: null, messageTimeoutSeconds: null };

/** Slurm over slurmrestd. */
export class SlurmRestClient implements SlurmClient {
  private readonly wire: RestWire;
  private readonly session: RestSession;
  private readonly queue: QueueCache;
  private readonly states: StateWatch;
  private readonly now: () => Date;

  constructor(private readonly options: RestClientOptions) {
    const { settings, readEnvironment, onRequest } = options;
    this.now = options.now ?? (() => new Date());
    this.wire = new RestWire(settings);
    const tokens = new TokenSource({
      place: settings.token,
      lifespanSeconds: settings.tokenLifespanSeconds,
      readEnvironment,
      now: this.now,
    });
    this.session = new RestSession({
      settings,
      wire: this.wire,
      tokens,
      ...(onRequest === undefined ? {} : { onRequest }),
    });
    this.queue = new QueueCache(this.session, settings.user);
    this.states = new StateWatch(this.session);
  }

  async submit(submission: SlurmSubmission): Promise<SlurmAcceptance> {
    this.queue.forget();
    const answer = await this.session.ask({
      kind: 'submit',
      method: 'POST',
      daemon: 'slurm',
      path: 'job/submit',
      body: (version) =>
        submitBody(version === 'v0.0.38' ? 'plain' : 'wrapped', submission, this.options.job),
    });
    const acceptance = answer.kind === 'answer' ? readAcceptance(answer.body) : null;
    if (acceptance === null) throw new SlurmSilence('the answer to a submission names no job');
    return acceptance;
  }

  async listStates(ids: readonly number[]): Promise<SlurmJob[]> {
    if (ids.length === 0) return [];
    const { version, paths } = await this.session.open();
    // Slurm 23.11 speaks v0.0.40 without it.
    if (paths.has(`/slurm/${version}/jobs/state`)) return this.states.list(ids);
    const [id = 0, ...others] = ids;
    // The list is of everybody's jobs, about 4 kB each; one array alone is one request, too, and seldom as long.
    return others.length === 0 ? this.listOne(id) : [...(await this.queue.list())];
  }

  async listJobs(): Promise<SlurmJob[]> {
    const answer = await this.session.ask({ kind: 'status', method: 'GET', daemon: 'slurm', path: 'jobs' });
    const jobs =
      answer.kind === 'answer' ? readQueueJobs(answer.body, this.options.settings.user) : ([] as SlurmJob[]);
    if (jobs === null) throw new SlurmSilence('the list of jobs is no list');
    return jobs;
  }

  async account(query: AccountingQuery): Promise<SlurmJob[]> {
    if (query.kind === 'since') return this.accountSince(query.since);
    const { version } = await this.session.open();
    // A comma in a query is refused by every version but this one.
    if (version === 'v0.0.38')
      return query.ids.length === 0 ? [] : this.readAccounts('jobs', [['step', query.ids.join(',')]]);
    const lists = await Promise.all(query.ids.map((id) => this.readAccounts(`job/${id}`, [])));
    return lists.flat();
  }

  async cancel(ids: readonly string[]): Promise<void> {
    const { version, paths } = await this.session.open();
    this.queue.forget();
    const canAtOnce = paths.get(`/slurm/${version}/jobs`)?.has('delete') === true;
    if (ids.length > 0 && canAtOnce) return this.cancelWith('jobs', { jobs: ids });
    await Promise.all(ids.map((id) => this.cancelWith(`job/${id}`)));
  }

  async describe(): Promise<SlurmSite> {
    const { settings } = this.options;
    try {
      this.session.forget();
      const session = await this.session.open();
      const limits = await this.readLimits(session);
      const answer = await this.session.ask({
        kind: 'site',
        method: 'GET',
        daemon: 'slurm',
        path: 'partitions',
      });
      const partitions = answer.kind === 'answer' ? readPartitions(answer.body) : null;
      if (partitions === null) throw new SlurmSilence('the list of partitions is no list');
      return {
        version: session.facts.release ?? 'unknown',
        cluster: session.facts.cluster,
        hasAccounting: hasAccounting(session),
        maxArraySize: limits.maxArraySize ?? settings.maxArraySize,
        messageTimeoutSeconds: limits.messageTimeoutSeconds ?? settings.messageTimeoutSeconds,
        partitions,
        details: { url: settings.url, user: settings.user, apiVersion: session.version },
      };
    } catch (error) {
      throw asDomainError(error, settings.url);
    }
  }

  async close(): Promise<void> {
    this.wire.close();
  }

  /** A job, or all tasks of an array. */
  private async listOne(id: number): Promise<SlurmJob[]> {
    const request = { kind: 'status', method: 'GET', daemon: 'slurm', path: `job/${id}` } as const;
    const answer = await this.session.ask(request);
    const jobs = answer.kind === 'answer' ? readQueueJobs(answer.body, this.options.settings.user) : [];
    if (jobs === null) throw new SlurmSilence('the answer about a job is no list');
    return jobs;
  }

  private async cancelWith(path: string, body?: object): Promise<void> {
    const answer = await this.session.ask({
      kind: 'cancel',
      method: 'DELETE',
      daemon: 'slurm',
      path,
      ...(body === undefined ? {} : { body: () => body }),
    });
    const refusal = answer.kind === 'answer' ? readCancelRefusal(answer.body) : null;
    if (refusal !== null) throw new SlurmRefusal(refusal);
  }

  /** The time is told as so many seconds ago: a moment is refused or read in the server's own time zone by some versions. */
  private async accountSince(since: Date): Promise<SlurmJob[]> {
    const { version } = await this.session.open();
    const elapsed = Math.ceil((this.now().getTime() - since.getTime()) / 1000);
    const seconds = Math.max(0, elapsed) + CLOCK_STEP_SECONDS;
    return this.readAccounts('jobs', [
      ['start_time', `now-${seconds}seconds`],
      ['skip_steps', 'true'],
      // Older ones refuse what they do not know, and this is among it.
      ...(version === 'v0.0.38' || version === 'v0.0.39'
        ? []
        : [['users', this.options.settings.user] as const]),
    ]);
  }

  private async readAccounts(
    path: string,
    query: readonly (readonly [string, string])[],
  ): Promise<SlurmJob[]> {
    const answer = await this.session.ask({
      kind: 'accounting',
      method: 'GET',
      daemon: 'slurmdb',
      path,
      query,
    });
    if (answer.kind !== 'answer') return [];
    const jobs = readAccountedJobs(answer.body, this.options.settings.user);
    if (jobs === null) throw new SlurmSilence('the list of accounted jobs is no list');
    return jobs;
  }

  private async readLimits({ version, paths }: Session): Promise<SiteLimits> {
    if (!paths.has(`/slurm/${version}/conf`)) return NO_LIMITS;
    const answer = await this.session.ask({ kind: 'site', method: 'GET', daemon: 'slurm', path: 'conf' });
    return answer.kind === 'answer' ? readSiteLimits(answer.body) : NO_LIMITS;
  }
}

/** Whether there is any; a slurmdbd that is down is not none. */
const hasAccounting = ({ version, paths, facts }: Session): boolean =>
  facts.keepsAccounts && paths.has(`/slurmdb/${version}/jobs`);
