import { jobToken, parseJobToken, type JobId, type JobToken } from '@meridian/core';
import type { SlurmJob, SlurmJobKey } from './slurm-client.js';
import { readIndices } from './task-indices.js';

/** A job id of ours, taken apart. */
export interface SlurmId {
  /** The job, or the array it belongs to. */
  readonly id: number;
  /** The task's index in its array; null for a single job. */
  readonly index: number | null;
}

const ID = /^([1-9]\d{0,9})(?:_(\d{1,7}))?$/;

/** Reads `123` and `123_4`; null for anything else. */
export function parseSlurmId(id: string): SlurmId | null {
  const [, job, index] = ID.exec(id) ?? [];
  return job === undefined ? null : { id: Number(job), index: index === undefined ? null : Number(index) };
}

export const jobIdOf = (id: number, index: number | null): JobId =>
  (index === null ? String(id) : `${id}_${index}`) as JobId;

/** The rows of one answer, to be asked for single jobs. */
export class JobTable {
  private readonly singles = new Map<number, SlurmJob>();
  private readonly tasks = new Map<string, SlurmJob>();
  private readonly rests = new Map<number, SlurmJob[]>();

  constructor(jobs: readonly SlurmJob[]) {
    for (const job of jobs) this.add(job);
  }

  /**
   * The row of a job or task. A task without a row of its own is one of the tasks that have not started, when their list holds it, or
   * when that list was cut off and so may hold it: waiting is the one thing that may be said too often.
   */
  find({ id, index }: SlurmId): SlurmJob | null {
    if (index === null) return this.singles.get(id) ?? null;
    const task = this.tasks.get(`${id}_${index}`);
    if (task !== undefined) return task;
    return (this.rests.get(id) ?? []).find((rest) => holds(rest.key, index)) ?? null;
  }

  private add(job: SlurmJob): void {
    const { key } = job;
    if (key.kind === 'pending') this.rests.set(key.arrayId, [...(this.rests.get(key.arrayId) ?? []), job]);
    else if (key.kind === 'task') this.tasks.set(`${key.arrayId}_${key.index}`, job);
    else this.singles.set(key.id, job);
  }
}

function holds(key: SlurmJobKey, index: number): boolean {
  if (key.kind !== 'pending') return false;
  const { indices, isPartial } = readIndices(key.indices);
  return indices.has(index) || isPartial;
}

/** A job of ours by the name that it was given. */
export interface NamedJob {
  readonly token: JobToken;
  readonly jobId: JobId;
  readonly job: SlurmJob;
}

/** Jobs under their tokens, several under one where a submission was doubled, and what cannot be told. */
export interface TokenTable {
  readonly named: readonly NamedJob[];
  /** Arrays of which only the beginning of the list of waiting tasks was told, by the token of their first run. */
  readonly partial: readonly JobToken[];
}

/** Reads tokens back from names: a task's run is the first run of its array plus the task's index. */
export function readTokens(jobs: readonly SlurmJob[]): TokenTable {
  const named: NamedJob[] = [];
  const partial: JobToken[] = [];
  for (const job of jobs) {
    const first = parseJobToken(job.name);
    if (first === null) continue;
    const tokenAt = (index: number): JobToken => jobToken({ ...first, runId: first.runId + index });
    const { key } = job;
    if (key.kind === 'single') named.push({ token: tokenAt(0), jobId: jobIdOf(key.id, null), job });
    else if (key.kind === 'task')
      named.push({ token: tokenAt(key.index), jobId: jobIdOf(key.arrayId, key.index), job });
    else {
      const { indices, isPartial } = readIndices(key.indices);
      for (const index of indices)
        named.push({ token: tokenAt(index), jobId: jobIdOf(key.arrayId, index), job });
      if (isPartial) partial.push(tokenAt(0));
    }
  }
  return { named, partial };
}

/** Whether a token may be a task of an array whose list was cut off. */
export function mayBeIn(token: JobToken, array: JobToken, maxArraySize: number): boolean {
  const [task, first] = [parseJobToken(token), parseJobToken(array)];
  if (task === null || first === null) return false;
  const distance = task.runId - first.runId;
  return (
    task.installation === first.installation &&
    task.attempt === first.attempt &&
    distance >= 0 &&
    distance < maxArraySize
  );
}
