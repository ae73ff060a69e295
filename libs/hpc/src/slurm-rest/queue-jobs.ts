import type { SlurmJob, SlurmJobKey } from '../slurm/slurm-client.js';
import { exitOf, hasEnded } from './exit-status.js';
import { at, listAt, momentAt, numberAt, positiveAt, textAt, wordsAt } from './json-reading.js';

/** `jobs` of `/slurm/…/jobs` and `/job/{id}`, all versions; null when it is no such list. Rows that make no sense are left out. */
export function readQueueJobs(body: unknown, user: string | null = null): SlurmJob[] | null {
  const rows = listAt(body, 'jobs');
  return (
    rows?.flatMap((row) => (user === null || textAt(row, 'user_name') === user ? readQueueJob(row) : [])) ??
    null
  );
}

function readQueueJob(row: unknown): SlurmJob[] {
  const key = queueKey(row);
  const states = wordsAt(row, 'job_state');
  if (key === null || states === null) return [];
  const isWaiting = states.includes('PENDING');
  return [
    {
      key,
      name: textAt(row, 'name') ?? '',
      states,
      reason: reasonOf(textAt(row, 'state_reason')),
      exit: exitOf(states, at(row, 'exit_code')),
      // Of what waits it is a guess of the scheduler's; what was cancelled before it started never had a node.
      startedAt: isWaiting || textAt(row, 'nodes') === null ? null : momentAt(row, 'start_time'),
      usage: elapsedOf(row, states),
    },
  ];
}

/** `123` | `123_4` | the rest of an array, whose record bears the array's own id until its last task starts. */
function queueKey(row: unknown): SlurmJobKey | null {
  const id = positiveAt(row, 'job_id');
  if (id === null) return null;
  const arrayId = positiveAt(row, 'array_job_id');
  if (arrayId === null) return { kind: 'single', id };
  const index = numberAt(row, 'array_task_id');
  if (index !== null) return { kind: 'task', arrayId, index, id };
  const indices = textAt(row, 'array_task_string');
  // `%3` behind the indices is how many may run at a time; a list too long for Slurm ends in `...`, which is left for the reader.
  return indices === null ? null : { kind: 'pending', arrayId, indices: indices.replace(/%\d+$/, '') };
}

/** `None` is Slurm's way to say nothing. */
export const reasonOf = (reason: string | null): string | null => (reason === 'None' ? null : reason);

function elapsedOf(row: unknown, states: readonly string[]): { elapsedSeconds?: number } {
  const [start, end] = [positiveAt(row, 'start_time'), positiveAt(row, 'end_time')];
  const isTold = hasEnded(states) && textAt(row, 'nodes') !== null && start !== null && end !== null;
  return isTold && end >= start ? { elapsedSeconds: end - start } : {};
}
