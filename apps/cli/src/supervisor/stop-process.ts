import { isSameProcess } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';
import { waitUntil } from './wait-until.js';

/** A signal, and how long to wait for the process to be gone after it. */
export type StopStep = readonly [NodeJS.Signals, number];

/** SIGTERM lets a daemon end its pass. */
export const DAEMON_STOP: readonly StopStep[] = [
  ['SIGTERM', 15_000],
  ['SIGKILL', 5_000],
];

/** SIGINT is PostgreSQL's fast shutdown (connections are ended, everything is written), SIGQUIT its immediate one. */
export const POSTGRES_STOP: readonly StopStep[] = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

/** Sends each signal in turn until the process is gone; true when it is. */
export async function stopProcess(identity: ProcessIdentity, steps: readonly StopStep[]): Promise<boolean> {
  for (const [signal, timeoutMs] of steps) {
    if (!isSameProcess(identity)) return true;
    try {
      process.kill(identity.pid, signal);
    } catch {
      return !isSameProcess(identity);
    }
    if (await waitUntil(() => !isSameProcess(identity), { timeoutMs, intervalMs: 20 })) return true;
  }
  return false;
}
