import type { JobUsage } from '@meridian/core';
import type { SlurmJob, SlurmJobKey } from '../slurm/slurm-client.js';
import { writeIndices } from '../slurm/task-indices.js';
import { exitOf } from './exit-status.js';
import { at, listAt, momentAt, numberAt, positiveAt, textAt, wordsAt } from './json-reading.js';
import { reasonOf } from './queue-jobs.js';

const MEBIBYTE = 1_048_576;

/** `jobs` of `/slurmdb/…`, all versions; null when it is no such list. Rows that make no sense are left out, as are other people's. */
export function readAccountedJobs(body: unknown, user: string): SlurmJob[] | null {
  const rows = listAt(body, 'jobs');
  return rows?.flatMap((row) => (ownerOf(row) === user ? readAccountedJob(row) : [])) ?? null;
}

// 26.05 leaves the association empty, older ones name the user in both places.
const ownerOf = (row: unknown): string | null => textAt(row, 'user') ?? textAt(row, 'association', 'user');

function readAccountedJob(row: unknown): SlurmJob[] {
  const key = accountedKey(row);
  const states = wordsAt(row, 'state', 'current');
  if (key === null || states === null) return [];
  return [
    {
      key,
      name: textAt(row, 'name') ?? '',
      states,
      reason: reasonOf(textAt(row, 'state', 'reason')),
      exit: exitOf(states, at(row, 'exit_code')),
      startedAt: states.includes('PENDING') ? null : momentAt(row, 'time', 'start'),
      usage: usageOf(row),
    },
  ];
}

function accountedKey(row: unknown): SlurmJobKey | null {
  const id = positiveAt(row, 'job_id');
  if (id === null) return null;
  const arrayId = positiveAt(row, 'array', 'job_id');
  if (arrayId === null) return { kind: 'single', id };
  const index = numberAt(row, 'array', 'task_id');
  if (index !== null) return { kind: 'task', arrayId, index, id };
  const indices = textAt(row, 'array', 'task');
  return indices === null ? null : { kind: 'pending', arrayId, indices: readBitmap(indices) };
}

/** slurmdbd keeps the tasks that have not started as a bitmap, `0x21F` for 0-4,9; anything else is passed on as it is. */
function readBitmap(text: string): string {
  const [, digits] = /^0x([0-9a-f]+)$/i.exec(text) ?? [];
  if (digits === undefined) return text;
  const indices: number[] = [];
  [...digits].reverse().forEach((digit, place) => {
    const bits = Number.parseInt(digit, 16);
    for (let bit = 0; bit < 4; bit += 1) if ((bits & (1 << bit)) !== 0) indices.push(place * 4 + bit);
  });
  return writeIndices(indices);
}

/**
 * What the steps used. The job's own totals are 0 on 22.05 and 24.11, so they are summed here; a job shorter than the site's sampling
 * interval has no memory figures at all.
 */
function usageOf(row: unknown): JobUsage {
  const steps = listAt(row, 'steps') ?? [];
  const cpuSeconds = steps.reduce<number>((sum, step) => sum + secondsAt(step), 0);
  const peak = Math.max(0, ...steps.map(peakBytes));
  const elapsed = numberAt(row, 'time', 'elapsed');
  return {
    ...(steps.length > 0 ? { cpuSeconds } : {}),
    ...(peak > 0 ? { peakMemoryMb: Math.ceil(peak / MEBIBYTE) } : {}),
    ...(elapsed === null || elapsed < 0 ? {} : { elapsedSeconds: elapsed }),
  };
}

const secondsAt = (step: unknown): number =>
  Math.max(0, numberAt(step, 'time', 'total', 'seconds') ?? 0) +
  Math.max(0, numberAt(step, 'time', 'total', 'microseconds') ?? 0) / 1e6;

/** The largest resident size of any task, which Slurm keeps, of all places, under what was requested. */
const peakBytes = (step: unknown): number =>
  Math.max(
    0,
    ...(listAt(step, 'tres', 'requested', 'max') ?? [])
      .filter((tres) => textAt(tres, 'type') === 'mem')
      .map((tres) => numberAt(tres, 'count') ?? 0),
  );
