import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { JOB_END_STATES, isJsonObject, type Json, type JobEndState, type JobSpec } from '@meridian/core';
import { parseJobProcess, type JobProcess } from './process-table.js';

/** A job as it waits: its spec, and its place in the queue. */
export interface StoredJob extends JobSpec {
  /** Orders the queue: milliseconds, then a counter within one process. */
  readonly order: readonly [number, number];
}

export interface JobEnd {
  readonly state: JobEndState;
  readonly exitCode: number | null;
  readonly elapsedSeconds?: number;
  readonly reason?: string;
}

/** `starting`: taken out of the queue, but its process has not said who it is yet. */
export type StoredState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'queued' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly process: JobProcess; readonly isStopping: boolean }
  | { readonly kind: 'finished'; readonly end: JobEnd };

const FOLDERS = ['queued', 'cancelled', 'running', 'processes', 'stops', 'finished'] as const;
type Folder = (typeof FOLDERS)[number];

const CANCELLED_BEFORE_START: JobEnd = {
  state: 'CANCELLED',
  exitCode: null,
  reason: 'cancelled before it started',
};

/**
 * The jobs of one machine as files named by token, the only memory of the local backend.
 *
 * A job moves queued → running → finished, or queued → cancelled, by renames, which exactly one process can win. Looking in
 * that order therefore always finds a job that exists, whatever moves meanwhile.
 */
export class JobStore {
  private counter = 0;
  private opened: Promise<unknown> | undefined;
  /** A spec never changes, so it is read once; only tokens that are still there are kept. */
  private specs = new Map<string, StoredJob>();

  constructor(private readonly base: string) {}

  /** Makes the folders; may be called before every use, and tries again after a failure. */
  async open(): Promise<void> {
    this.opened ??= Promise.all(
      FOLDERS.map((folder) => mkdir(`${this.base}/${folder}`, { recursive: true })),
    );
    try {
      await this.opened;
    } catch (error) {
      this.opened = undefined;
      throw error;
    }
  }

  async stateOf(token: string): Promise<StoredState> {
    if (await exists(this.path('queued', token))) return { kind: 'queued' };
    if (await exists(this.path('cancelled', token))) return { kind: 'finished', end: CANCELLED_BEFORE_START };
    const isRunning = await exists(this.path('running', token));
    const process = isRunning ? await this.processOf(token) : null;
    const end = await this.endOf(token);
    if (end !== null) return { kind: 'finished', end };
    if (!isRunning) return { kind: 'absent' };
    if (process === null) return { kind: 'starting' };
    return { kind: 'running', process, isStopping: await exists(this.path('stops', token)) };
  }

  /** Puts a job at the end of the queue; one that is there already stays as it is. */
  async enqueue(job: JobSpec, now: Date): Promise<void> {
    const stored: StoredJob = { ...job, order: [now.getTime(), this.counter++] };
    await this.create('queued', job.token, JSON.stringify(stored));
  }

  /** First come first. */
  async queued(): Promise<StoredJob[]> {
    const jobs = await this.jobsIn('queued', this.specs);
    this.specs = new Map(jobs.map((job) => [job.token, job]));
    return jobs.sort((left, right) => left.order[0] - right.order[0] || left.order[1] - right.order[1]);
  }

  running = (): Promise<StoredJob[]> => this.jobsIn('running', new Map());

  /** False when another process took the job first, to start or to cancel it. */
  takeToStart = (token: string): Promise<boolean> => this.move(token, 'running');
  cancelQueued = (token: string): Promise<boolean> => this.move(token, 'cancelled');

  /** Must exist before the signal is sent: the wrapper looks for it to tell a cancelled job from a failed one. */
  markStopping = (token: string, now: Date): Promise<void> =>
    this.create('stops', token, `${now.toISOString()}\n`);

  stoppingSince = async (token: string): Promise<Date | null> => modifiedAt(this.path('stops', token));

  /** When the job was taken out of the queue: a rename changes the inode's own time, `ctime`. */
  async takenAt(token: string): Promise<Date | null> {
    const facts = await stat(this.path('running', token)).catch(() => null);
    return facts === null ? null : facts.ctime;
  }

  /** The first end that is written stays. */
  finish = (token: string, end: JobEnd): Promise<void> =>
    this.create(
      'finished',
      token,
      JSON.stringify({
        state: end.state,
        exit_code: end.exitCode,
        ...(end.elapsedSeconds === undefined ? {} : { elapsed_seconds: end.elapsedSeconds }),
        ...(end.reason === undefined ? {} : { reason: end.reason }),
      }),
    );

  /** Clears away what only a running job needs; its end stays until it is pruned. */
  async settle(token: string): Promise<void> {
    for (const folder of ['processes', 'stops', 'running'] as const)
      await rm(this.path(folder, token), { force: true });
  }

  async prune(before: Date): Promise<void> {
    for (const folder of ['finished', 'cancelled'] as const) {
      for (const token of await this.tokensIn(folder)) {
        const path = this.path(folder, token);
        const time = await modifiedAt(path);
        if (time !== null && time < before) await rm(path, { force: true });
      }
    }
  }

  private path = (folder: Folder, token: string): string => `${this.base}/${folder}/${token}`;

  private async processOf(token: string): Promise<JobProcess | null> {
    const text = await readOrNull(this.path('processes', token));
    return text === null ? null : parseJobProcess(text);
  }

  private async endOf(token: string): Promise<JobEnd | null> {
    const text = await readOrNull(this.path('finished', token));
    return text === null ? null : parseJobEnd(text);
  }

  private async tokensIn(folder: Folder): Promise<string[]> {
    const names = await readdir(`${this.base}/${folder}`);
    return names.filter((name) => !name.startsWith('.'));
  }

  private async jobsIn(
    folder: 'queued' | 'running',
    known: ReadonlyMap<string, StoredJob>,
  ): Promise<StoredJob[]> {
    const jobs: StoredJob[] = [];
    for (const token of await this.tokensIn(folder)) {
      const text = known.has(token) ? null : await readOrNull(this.path(folder, token));
      const job = text === null ? known.get(token) : (JSON.parse(text) as StoredJob);
      if (job !== undefined) jobs.push(job);
    }
    return jobs;
  }

  private async move(token: string, to: Folder): Promise<boolean> {
    try {
      await rename(this.path('queued', token), this.path(to, token));
      return true;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** A file that appears whole, or not at all, and never replaces one. */
  private async create(folder: Folder, token: string, text: string): Promise<void> {
    const part = `${this.base}/${folder}/.${token}.${randomUUID()}`;
    try {
      await writeFile(part, text);
      await link(part, this.path(folder, token));
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    } finally {
      await rm(part, { force: true });
    }
  }
}

/** Anything that cannot be read is a lost job: its exit code is not known. */
export function parseJobEnd(text: string): JobEnd {
  const lost: JobEnd = { state: 'NODE_FAIL', exitCode: null, reason: 'the record of its end cannot be read' };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return lost;
  }
  const state = isJsonObject(value) ? JOB_END_STATES.find((known) => known === value['state']) : undefined;
  if (!isJsonObject(value) || state === undefined) return lost;
  const { exit_code: exitCode, elapsed_seconds: elapsed, reason } = value;
  return {
    state,
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    ...(typeof elapsed === 'number' ? { elapsedSeconds: elapsed } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

/** By shape, not by class: under a test runner Node's errors are of another realm. */
const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function modifiedAt(path: string): Promise<Date | null> {
  try {
    return (await stat(path)).mtime;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

const exists = async (path: string): Promise<boolean> => (await modifiedAt(path)) !== null;
