import type { SlurmExit, SlurmJobKey } from '../slurm/slurm-client.js';
import { UnreadableAnswer } from './unreadable-answer.js';

/** Values as Slurm's commands print them. All of these throw `UnreadableAnswer` for what they do not understand. */

const unreadable = (what: string, value: string): UnreadableAnswer =>
  new UnreadableAnswer(`Slurm printed ${JSON.stringify(value.slice(0, 80))} as ${what}`);

/**
 * The records of a table whose every value is followed by `separator`, its header left out.
 *
 * The header proves that the command printed what it was asked for: an empty answer is not a table without rows. Lines of
 * others before a record (a wrapper's remarks) are dropped, since its first value is an id, which has no line break in it.
 */
export function readTable(text: string, separator: string, heading: readonly string[]): string[][] {
  const values = text.split(separator).slice(0, -1);
  if (values.length === 0 || values.length % heading.length !== 0) throw unreadable('a table', text);
  const records = Array.from({ length: values.length / heading.length }, (_, at) => {
    const [first = '', ...others] = values.slice(at * heading.length, (at + 1) * heading.length);
    return [first.slice(first.lastIndexOf('\n') + 1), ...others];
  });
  const header = records.shift()?.map((title) => title.toUpperCase());
  if (header?.[0] !== heading[0]) throw unreadable('the heading of a table', header?.join(' ') ?? '');
  return records;
}

/** `123`, `123_4`, `123_[0-99,104%2]`; null for a component of a heterogeneous job (`123+1`), which is never ours. */
export function readJobKey(arrayId: string, rawId: string): SlurmJobKey | null {
  if (/^\d+\+\d+$/.test(arrayId)) return null;
  const [, array, index, indices] = /^(\d+)(?:_(?:(\d+)|\[([\d,:-]+)(?:%\d+)?\]))?$/.exec(arrayId) ?? [];
  if (array === undefined) throw unreadable('a job id', arrayId);
  if (indices !== undefined) return { kind: 'pending', arrayId: Number(array), indices };
  if (index === undefined) return { kind: 'single', id: Number(array) };
  const id = /^\d+$/.test(rawId) ? Number(rawId) : null;
  return { kind: 'task', arrayId: Number(array), index: Number(index), id };
}

/** `RUNNING`, `CANCELLED by 1002`: the states, and nothing about who. */
export function readStates(text: string): string[] {
  const [, states] = /^([A-Z_]+(?:[,+][A-Z_]+)*)(?: by \S+)?$/.exec(text.trim()) ?? [];
  if (states === undefined) throw unreadable('a job state', text);
  return states.split(/[,+]/);
}

/** How a job ended, `3:0`. Slurm 22.05's squeue prints what wait(2) returned instead: 768. */
export function readExit(text: string): SlurmExit {
  const [, status, signal] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (status !== undefined && signal !== undefined) return { status: Number(status), signal: Number(signal) };
  if (!/^\d+$/.test(text)) throw unreadable('an exit code', text);
  return { status: Number(text) >> 8, signal: Number(text) & 0x7f };
}

const ENDED = new Set([
  ...['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'DEADLINE', 'OUT_OF_MEMORY', 'NODE_FAIL', 'BOOT_FAIL'],
  ...['PREEMPTED', 'LAUNCH_FAILED'],
]);

/** Jobs that have not ended have an exit code of 0 as well. */
export const exitOfEnded = (states: readonly string[], exit: string): SlurmExit | null =>
  states.some((state) => ENDED.has(state)) && !states.includes('COMPLETING') ? readExit(exit) : null;

/** Seconds since 1970; null where there is no such time yet. */
export function readTime(text: string): Date | null {
  if (['N/A', 'NONE', 'UNKNOWN', ''].includes(text.toUpperCase())) return null;
  if (!/^\d+$/.test(text)) throw unreadable('a time', text);
  return Number(text) === 0 ? null : new Date(Number(text) * 1000);
}

/** `None` is how Slurm says that there is no reason. */
export const readReason = (text: string): string | null => (text === 'None' || text === '' ? null : text);

/** `1-02:03:04`, `02:03:04`, `03:04.005`, in seconds. */
export function readDuration(text: string): number {
  const [, days, hours, minutes, seconds] = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (minutes === undefined || seconds === undefined) throw unreadable('a duration', text);
  return Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** A partition's longest time in minutes; null for none. */
export function readTimeLimit(text: string): number | null {
  if (/^(infinite|UNLIMITED|n\/a)$/i.test(text)) return null;
  return Math.floor(readDuration(text) / 60);
}
