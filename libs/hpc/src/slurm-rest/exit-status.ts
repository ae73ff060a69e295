import type { SlurmExit } from '../slurm/slurm-client.js';
import { at, numberAt, wordsAt } from './json-reading.js';

/** What no job of these states has: a way in which it ended. */
const ENDED = new Set([
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMEOUT',
  'DEADLINE',
  'OUT_OF_MEMORY',
  'NODE_FAIL',
  'BOOT_FAIL',
  'PREEMPTED',
  'LAUNCH_FAILED',
]);
const AGAIN = new Set(['PENDING', 'RUNNING', 'SUSPENDED', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD']);

export const hasEnded = (states: readonly string[]): boolean =>
  states.some((state) => ENDED.has(state)) && !states.some((state) => AGAIN.has(state));

/** How a job ended; null while it has not, and where the answer contradicts itself. */
export function exitOf(states: readonly string[], exitCode: unknown): SlurmExit | null {
  if (!hasEnded(states)) return null;
  const raw = at(exitCode, 'return_code') === undefined ? numberAt(exitCode) : null;
  const exit = raw === null ? processExit(exitCode) : waitStatus(raw);
  // 22.05's accounting says SUCCESS and 0 of everything that ended without a signal, whatever its real exit code.
  const isLie = exit?.status === 0 && exit.signal === 0 && states.includes('FAILED');
  return isLie ? null : exit;
}

/**
 * The queue has the raw status of wait(2) in v0.0.38 and, as `{set, infinite, number}`, in some v0.0.39: 768 is exit 3, 139 a core dump of
 * signal 11, 4021 signal 53, which is Slurm's own.
 */
function waitStatus(raw: number): SlurmExit | null {
  if (!Number.isInteger(raw) || raw < 0 || raw > 0xffff) return null;
  const signal = raw & 0x7f;
  return signal === 0 ? { status: raw >> 8, signal } : { status: 0, signal };
}

/** `{status, return_code, signal}`; the signal's number is `signal_id` up to v0.0.39 and `id` since. */
function processExit(value: unknown): SlurmExit | null {
  const words = wordsAt(value, 'status');
  const signal = numberAt(value, 'signal', 'signal_id') ?? numberAt(value, 'signal', 'id');
  if (words?.includes('SIGNALED') === true || words?.includes('CORE_DUMPED') === true)
    return signal === null ? null : { status: 0, signal };
  const status = numberAt(value, 'return_code');
  const isTold = words !== null && (words.includes('SUCCESS') || words.includes('ERROR'));
  // v0.0.39 writes -127 where there is none.
  return isTold && status !== null && status >= 0 ? { status, signal: 0 } : null;
}
