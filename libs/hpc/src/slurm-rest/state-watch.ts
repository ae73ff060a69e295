import { performance } from 'node:perf_hooks';
import { SlurmSilence, type SlurmJob, type SlurmJobKey } from '../slurm/slurm-client.js';
import { readIndices } from '../slurm/task-indices.js';
import { ArrayOwners } from './array-owners.js';
import { readQueueJobs } from './queue-jobs.js';
import type { RestSession } from './rest-session.js';
import { readStateRows, type StateNaming, type StateRow } from './state-rows.js';

/** As many as still fit into a URL of 8 kB, which every server takes; above it the whole list is asked for. */
const MOST_IDS_ASKED = 300;
/** Records that are looked at one by one in one listing; above it one list of everything is cheaper. */
const MOST_DETAILS = 16;
/** Reasons why jobs wait are looked at a few at a time, and kept for this long. */
const REASONS_AT_ONCE = 4;
const REASON_MS = 60_000;
/** The scheduler has not looked at it yet. */
const NO_REASON_MS = 5000;

interface StateList {
  readonly rows: StateRow[];
  readonly naming: StateNaming;
}

interface Detail {
  readonly job: SlurmJob;
  readonly atMs: number;
}

/**
 * Where jobs stand by `/jobs/state/`, which is a hundredth of `/jobs` but has neither exit codes nor reasons.
 *
 * Those are looked up once for what FAILED, and now and then for what waits: a job that can never start says so nowhere else.
 */
export class StateWatch {
  private readonly owners = new ArrayOwners();
  private details = new Map<string, Detail>();

  constructor(private readonly session: RestSession) {}

  async list(ids: readonly number[]): Promise<SlurmJob[]> {
    const wanted = new Set(ids);
    const { rows, naming } = await this.readRows(ids.length > MOST_IDS_ASKED ? [] : [...wanted]);
    const jobs =
      naming === 'by_array'
        ? rows.map((row) => jobOf(row, row.record, false))
        : await this.assign(rows, wanted);
    const asked = jobs.filter(({ key }) => wanted.has(rootOf(key)));
    const detailed = await this.addDetails(asked);
    const kept = new Set(asked.map(({ key }) => textOf(key)));
    this.details = new Map([...this.details].filter(([text]) => kept.has(text)));
    return detailed;
  }

  /** Repeats the parameter, because a list with commas is refused by 24.11 and 26.05 in spite of their own documents. */
  private async readRows(ids: readonly number[]): Promise<StateList> {
    const answer = await this.session.ask({
      kind: 'status',
      method: 'GET',
      daemon: 'slurm',
      path: 'jobs/state',
      query: ids.map((id) => ['job_id', String(id)]),
    });
    const rows = answer.kind === 'answer' ? readStateRows(answer.body) : [];
    if (rows === null) throw new SlurmSilence('the list of states is no list');
    return { rows, naming: answer.version === 'v0.0.40' ? 'by_array' : 'by_record' };
  }

  private async assign(rows: readonly StateRow[], wanted: ReadonlySet<number>): Promise<SlurmJob[]> {
    const unsettled = this.owners.unsettled(rows, wanted);
    const alone = await Promise.all(
      unsettled.map(async (array) => [array, (await this.readRows([array])).rows] as const),
    );
    for (const [array, ownRows] of alone) this.owners.learn(array, ownRows);
    // What was read for one array alone is newer than the list.
    const all = [
      ...rows.filter(({ record }) => !unsettled.includes(this.owners.ownerOf(record, wanted) ?? 0)),
      ...alone.flatMap(([, ownRows]) => ownRows),
    ];
    this.owners.keepOnly(all, wanted);
    return all.flatMap((row) => {
      const owner = row.index === null ? row.record : this.owners.ownerOf(row.record, wanted);
      return owner === null ? [] : [jobOf(row, owner, true)];
    });
  }

  private async addDetails(jobs: readonly SlurmJob[]): Promise<SlurmJob[]> {
    const failed = jobs.filter((job) => job.states.includes('FAILED') && !this.isKnown(job));
    const records = [...new Set([...failed.map(recordOf), ...this.recordsWithoutReason(jobs)])];
    await this.lookUp(records);
    return jobs.flatMap((job) => this.withDetail(job));
  }

  /** Arrays of which a part has started say nothing new, and would answer with all of their tasks. */
  private recordsWithoutReason(jobs: readonly SlurmJob[]): number[] {
    const started = new Set(jobs.filter((job) => !isWaiting(job)).map(({ key }) => rootOf(key)));
    const waiting = jobs.filter(
      (job) => isWaiting(job) && !started.has(rootOf(job.key)) && !this.isKnown(job),
    );
    return [...new Set(waiting.map(recordOf))].slice(0, REASONS_AT_ONCE);
  }

  private isKnown(job: SlurmJob): boolean {
    const detail = this.details.get(textOf(job.key));
    if (detail === undefined || detail.job.states.join() !== job.states.join()) return false;
    const keepMs = detail.job.reason === null ? NO_REASON_MS : REASON_MS;
    return !isWaiting(job) || performance.now() - detail.atMs < keepMs;
  }

  private async lookUp(records: readonly number[]): Promise<void> {
    const paths = records.length > MOST_DETAILS ? ['jobs'] : records.map((record) => `job/${record}`);
    const lists = await Promise.all(paths.map((path) => this.readDetails(path)));
    const atMs = performance.now();
    for (const job of lists.flat()) {
      if (job.key.kind === 'pending')
        for (const index of readIndices(job.key.indices).indices)
          this.details.set(`${job.key.arrayId}_${index}`, { job, atMs });
      else this.details.set(textOf(job.key), { job, atMs });
    }
  }

  private async readDetails(path: string): Promise<SlurmJob[]> {
    const answer = await this.session.ask({ kind: 'status', method: 'GET', daemon: 'slurm', path });
    if (answer.kind !== 'answer') return [];
    const jobs = readQueueJobs(answer.body);
    if (jobs === null) throw new SlurmSilence('the list of jobs is no list');
    return jobs;
  }

  /** A failure whose record is gone by now has left the queue, and is accounting's to tell. */
  private withDetail(job: SlurmJob): SlurmJob[] {
    const detail = this.details.get(textOf(job.key))?.job;
    const isSame = detail !== undefined && detail.states.join() === job.states.join();
    if (!isSame) return job.states.includes('FAILED') ? [] : [job];
    const { name, reason, exit, startedAt, usage } = detail;
    return [{ ...job, name, reason, exit, startedAt, usage }];
  }
}

const isWaiting = ({ states }: SlurmJob): boolean => states.includes('PENDING');

/** The job or array that was asked for. */
const rootOf = (key: SlurmJobKey): number => (key.kind === 'single' ? key.id : key.arrayId);

/** What `/job/{id}` answers with the fewest others. */
const recordOf = ({ key }: SlurmJob): number => (key.kind === 'task' ? (key.id ?? key.arrayId) : rootOf(key));

const textOf = (key: SlurmJobKey): string =>
  key.kind === 'task' ? `${key.arrayId}_${key.index}` : String(rootOf(key));

function jobOf({ record, index, states }: StateRow, owner: number, isOwnRecord: boolean): SlurmJob {
  // A task that waits in its array's record has none of its own yet.
  const id = isOwnRecord && !(states.includes('PENDING') && record === owner) ? record : null;
  const key: SlurmJobKey =
    index === null ? { kind: 'single', id: record } : { kind: 'task', arrayId: owner, index, id };
  return { key, name: '', states, reason: null, exit: null, startedAt: null, usage: {} };
}
