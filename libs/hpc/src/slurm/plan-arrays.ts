import { parseJobToken, type JobIdentity, type JobSpec } from '@meridian/core';
import { writeIndices } from './task-indices.js';

/** Jobs that go out in one request. A task's index is the distance of its run from the first one's. */
export interface PlannedSubmission {
  /** The token of the first job; with a task's index it gives the token of every other. */
  readonly name: string;
  readonly jobs: readonly JobSpec[];
  /** One per job; null for a single job, which is no array. */
  readonly indices: readonly number[] | null;
}

interface Named {
  readonly job: JobSpec;
  readonly identity: JobIdentity | null;
}

/** Below the 64 characters that Slurm shows of the indices of tasks that wait; a shorter rest is never cut off either. */
const LONGEST_INDICES = 60;

/**
 * Which jobs go out as one array: those of one step with equal resources and equal attempt number, whose runs are close enough together.
 *
 * Slurm keeps one name for a whole array. With indices that are distances between run ids, name and index give back every task's
 * token, from the queue or from accounting alone, whatever Meridian itself has forgotten.
 */
export function planSubmissions(jobs: readonly JobSpec[], maxArraySize: number): PlannedSubmission[] {
  const groups = new Map<string, Named[]>();
  for (const job of jobs) {
    const identity = parseJobToken(job.token);
    const key = identity === null ? job.token : groupKey(job, identity);
    groups.set(key, [...(groups.get(key) ?? []), { job, identity }]);
  }
  return [...groups.values()].flatMap((group) => split(group.sort(byRun), maxArraySize));
}

const groupKey = ({ label, resources }: JobSpec, { installation, attempt }: JobIdentity): string =>
  JSON.stringify([
    label,
    installation,
    attempt,
    resources.cpus,
    resources.memoryMb,
    resources.walltimeMinutes,
  ]);

const runOf = ({ identity }: Named): number => identity?.runId ?? 0;
const byRun = (left: Named, right: Named): number => runOf(left) - runOf(right);

function split(group: readonly Named[], maxArraySize: number): PlannedSubmission[] {
  const planned: PlannedSubmission[] = [];
  let first = 0;
  for (let end = 1; end <= group.length; end += 1) {
    const fits = end < group.length && fitsOneArray(group.slice(first, end + 1), maxArraySize);
    if (fits) continue;
    planned.push(submissionOf(group.slice(first, end)));
    first = end;
  }
  return planned;
}

function fitsOneArray(jobs: readonly Named[], maxArraySize: number): boolean {
  const indices = indicesOf(jobs);
  const isTwice = new Set(indices).size < indices.length;
  return (
    !isTwice &&
    Math.max(...indices.slice(-1)) < maxArraySize &&
    writeIndices(indices).length <= LONGEST_INDICES
  );
}

const indicesOf = (jobs: readonly Named[]): number[] => {
  const [first] = jobs;
  return first === undefined ? [] : jobs.map((job) => runOf(job) - runOf(first));
};

function submissionOf(jobs: readonly Named[]): PlannedSubmission {
  const specs = jobs.map(({ job }) => job);
  return {
    name: specs[0]?.token ?? '',
    jobs: specs,
    indices: specs.length === 1 ? null : indicesOf(jobs),
  };
}
