import { parseJobToken, type JobIdentity, type JobSpec } from '@meridian/core';

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
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ job, identity }]);
    else group.push({ job, identity });
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
  const arrays: Named[][] = [];
  let array: Named[] = [];
  let ranges: Ranges | null = null;
  for (const job of group) {
    const index = runOf(job) - runOf(array[0] ?? job);
    const grown: Ranges | null = index < maxArraySize ? withIndex(ranges, index) : null;
    if (grown === null || array.length === 0) {
      array = [];
      arrays.push(array);
    }
    array.push(job);
    ranges = grown ?? withIndex(null, 0);
  }
  return arrays.map(submissionOf);
}

/** The indices of an array so far, as long as they are when they are written down. */
interface Ranges {
  readonly from: number;
  readonly to: number;
  /** Characters before the last range. */
  readonly before: number;
}

/** Null when the index is there already, or the list would be too long. */
function withIndex(ranges: Ranges | null, index: number): Ranges | null {
  if (ranges === null) return { from: index, to: index, before: 0 };
  if (index <= ranges.to) return null;
  const grown =
    index === ranges.to + 1
      ? { ...ranges, to: index }
      : { from: index, to: index, before: lengthOf(ranges) + ','.length };
  return lengthOf(grown) <= LONGEST_INDICES ? grown : null;
}

const lengthOf = ({ from, to, before }: Ranges): number =>
  before + String(from).length + (from === to ? 0 : `-${to}`.length);

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
