import { performance } from 'node:perf_hooks';
import { SlurmRefusal, SlurmSilence, type SlurmJob } from '../slurm/slurm-client.js';
import { listAt, positiveAt, textAt } from './json-reading.js';
import { readQueueJobs } from './queue-jobs.js';
import type { RestAnswer, RestSession } from './rest-session.js';

/** How long "nothing changed" is believed at a stretch: slurmctld's clock may be set back. */
const MOST_AGE_MS = 60_000;
/** The clock that `/diag` told is a second coarse. */
const CLOCK_ERROR_SECONDS = 2;

interface KnownQueue {
  readonly jobs: readonly SlurmJob[];
  /** In slurmctld's seconds: it answers "nothing changed" when its last change was before. */
  readonly asOf: number;
  readonly atMs: number;
}

/**
 * Our user's jobs where there is no state list: the whole queue, or what was seen last when slurmctld says that nothing changed since.
 *
 * `update_time` is compared with the time of the last change of any job at all (v0.0.38: 304; later: a warning), so it saves the list
 * of an idle cluster and nothing on a busy one.
 */
export class QueueCache {
  private known: KnownQueue | null = null;
  private canSkip = true;

  constructor(
    private readonly session: RestSession,
    private readonly user: string,
  ) {}

  forget(): void {
    this.known = null;
  }

  async list(): Promise<readonly SlurmJob[]> {
    const known = this.known;
    const startMs = performance.now();
    const isFresh = known !== null && startMs - known.atMs < MOST_AGE_MS && this.canSkip;
    const answer = isFresh ? await this.askSince(known.asOf) : await this.ask([]);
    if (isFresh && isUnchanged(answer)) return known.jobs;
    const body = answer.kind === 'answer' ? answer.body : undefined;
    const jobs = answer.kind === 'nothing' ? [] : readQueueJobs(body, this.user);
    if (jobs === null) throw new SlurmSilence('the list of jobs is no list');
    const asOf = positiveAt(body, 'last_update') ?? (await this.serverSeconds(startMs));
    this.known = asOf === null ? null : { jobs, asOf, atMs: startMs };
    return jobs;
  }

  /** Plain seconds up to v0.0.39; v0.0.40 and v0.0.41 refuse those and, like their successors, take `uts…`. */
  private async askSince(seconds: number): Promise<RestAnswer> {
    const { version } = await this.session.open();
    const isPlain = version === 'v0.0.38' || version === 'v0.0.39';
    try {
      return await this.ask([['update_time', isPlain ? String(seconds) : `uts${seconds}`]]);
    } catch (error) {
      if (!(error instanceof SlurmRefusal)) throw error;
      this.canSkip = false;
      return this.ask([]);
    }
  }

  private ask(query: readonly (readonly [string, string])[]): Promise<RestAnswer> {
    return this.session.ask({ kind: 'status', method: 'GET', daemon: 'slurm', path: 'jobs', query });
  }

  /** Not after slurmctld's time at `startMs`; told by the session's own clock reading, which does not jump. */
  private async serverSeconds(startMs: number): Promise<number | null> {
    const { clock } = await this.session.open();
    if (clock === null) return null;
    return Math.floor(clock.serverSeconds + (startMs - clock.atMs) / 1000) - CLOCK_ERROR_SECONDS;
  }
}

function isUnchanged(answer: RestAnswer): boolean {
  if (answer.kind !== 'answer') return answer.kind === 'unchanged';
  const warnings = listAt(answer.body, 'warnings') ?? [];
  return (
    listAt(answer.body, 'jobs')?.length === 0 &&
    warnings.some((warning) => textAt(warning, 'description')?.includes('update_time') === true)
  );
}
