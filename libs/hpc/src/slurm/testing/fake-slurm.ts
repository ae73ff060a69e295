import type { JobUsage } from '@meridian/core';
import {
  SlurmSilence,
  SlurmUnreachable,
  type AccountingQuery,
  type SlurmAcceptance,
  type SlurmClient,
  type SlurmExit,
  type SlurmJob,
  type SlurmJobKey,
  type SlurmSite,
  type SlurmSubmission,
} from '../slurm-client.js';
import { readIndices, writeIndices } from '../task-indices.js';

interface Task {
  readonly id: number;
  readonly index: number | null;
  readonly submission: SlurmSubmission;
  states: string[];
  reason: string | null;
  exit: SlurmExit | null;
  isPurged: boolean;
}

const NO_USAGE: JobUsage = {};

/** A cluster in memory, as far as `SlurmClient` can tell: what happens to a job is decided by the test. */
export class FakeSlurm {
  readonly tasks: Task[] = [];
  site: SlurmSite = {
    version: '22.05.8',
    cluster: 'fake',
    hasAccounting: true,
    maxArraySize: 1001,
    messageTimeoutSeconds: 10,
    partitions: [
      { name: 'debug', isUp: true, maxMinutes: 60 },
      { name: 'closed', isUp: false, maxMinutes: null },
    ],
    details: {},
  };
  /** What the next requests of each kind run into. */
  readonly faults: { submit?: 'lost' | 'unheard'; queue?: 'silent'; accounting?: 'silent' } = {};
  readonly requests = { submit: 0, states: 0, jobs: 0, accounting: 0, cancel: 0 };
  /** How many characters of a list of waiting tasks are shown, as SLURM_BITSTR_LEN does. */
  longestIndices = 64;
  neverStarts: string | null = null;
  onSubmitted: (task: Task) => void = () => undefined;
  private lastId = 100;

  accept(submission: SlurmSubmission): number {
    const id = (this.lastId += 1);
    const indices = submission.indices === null ? [null] : [...readIndices(submission.indices).indices];
    for (const index of indices) {
      const task: Task = {
        id,
        index,
        submission,
        states: ['PENDING'],
        reason: 'Priority',
        exit: null,
        isPurged: false,
      };
      this.tasks.push(task);
      this.onSubmitted(task);
    }
    return id;
  }

  find = (jobId: string): Task | undefined =>
    this.tasks.find(({ id, index }) => jobId === (index === null ? String(id) : `${id}_${index}`));

  start(jobId: string): void {
    const task = this.find(jobId);
    if (task !== undefined) Object.assign(task, { states: ['RUNNING'], reason: null });
  }

  end(jobId: string, state: string, exit: SlurmExit | null): void {
    const task = this.find(jobId);
    if (task !== undefined && !task.states.some((word) => FINAL.has(word)))
      Object.assign(task, { states: [state], exit });
  }

  /** The queue forgets it, as after MinJobAge. */
  purge(jobId: string): void {
    const task = this.find(jobId);
    if (task !== undefined) task.isPurged = true;
  }

  queue = (): SlurmJob[] => this.rowsOf(this.tasks.filter(({ isPurged }) => !isPurged));

  accounting = (isWanted: (id: number) => boolean): SlurmJob[] =>
    this.rowsOf(this.tasks.filter(({ id }) => isWanted(id)));

  private rowsOf(rows: readonly Task[]): SlurmJob[] {
    const waiting = (task: Task): boolean => task.index !== null && task.states[0] === 'PENDING';
    const arrays = [...new Set(rows.filter(waiting).map(({ id }) => id))];
    return [
      ...rows.filter((task) => !waiting(task)).map(rowOf),
      ...arrays.flatMap((arrayId) => {
        const rest = rows.filter((task) => task.id === arrayId && waiting(task));
        const text = writeIndices(rest.map(({ index }) => index ?? 0));
        const indices =
          text.length > this.longestIndices ? `${text.slice(0, this.longestIndices - 3)}...` : text;
        return rest[0] === undefined
          ? []
          : [{ ...rowOf(rest[0]), key: { kind: 'pending', arrayId, indices } as const }];
      }),
    ];
  }
}

const FINAL = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'OUT_OF_MEMORY']);

const keyOf = ({ id, index }: Task): SlurmJobKey =>
  index === null ? { kind: 'single', id } : { kind: 'task', arrayId: id, index, id: null };

const rowOf = (task: Task): SlurmJob => ({
  key: keyOf(task),
  name: task.submission.name,
  states: task.states,
  reason: task.reason,
  exit: task.exit,
  startedAt: null,
  usage: NO_USAGE,
});

/** One connection to a `FakeSlurm`; several are several processes. */
export class FakeSlurmClient implements SlurmClient {
  constructor(private readonly slurm: FakeSlurm) {}

  async submit(submission: SlurmSubmission): Promise<SlurmAcceptance> {
    this.slurm.requests.submit += 1;
    const { submit: fault } = this.slurm.faults;
    if (fault === 'unheard') throw new SlurmUnreachable('connection refused');
    const jobId = this.slurm.accept(submission);
    if (fault === 'lost') throw new SlurmSilence('the reply was lost');
    return { jobId, neverStarts: this.slurm.neverStarts };
  }

  async listStates(): Promise<SlurmJob[]> {
    this.slurm.requests.states += 1;
    return this.heardQueue().map((row) => ({ ...row, name: '' }));
  }

  async listJobs(): Promise<SlurmJob[]> {
    this.slurm.requests.jobs += 1;
    return this.heardQueue();
  }

  async account(query: AccountingQuery): Promise<SlurmJob[]> {
    this.slurm.requests.accounting += 1;
    if (this.slurm.faults.accounting === 'silent') throw new SlurmUnreachable('slurmdbd is down');
    return this.slurm.accounting((id) => query.kind === 'since' || query.ids.includes(id));
  }

  async cancel(ids: readonly string[]): Promise<void> {
    this.slurm.requests.cancel += 1;
    for (const jobId of ids) {
      for (const { id, index } of this.slurm.tasks)
        if (jobId === String(id))
          this.slurm.end(index === null ? jobId : `${id}_${index}`, 'CANCELLED', null);
      this.slurm.end(jobId, 'CANCELLED', { status: 0, signal: 15 });
    }
  }

  async describe(): Promise<SlurmSite> {
    return this.slurm.site;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  private heardQueue(): SlurmJob[] {
    if (this.slurm.faults.queue === 'silent') throw new SlurmUnreachable('no route to host');
    return this.slurm.queue();
  }
}
