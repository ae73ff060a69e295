import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

/** Asks until the answer is true; false when the time is over first. */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  { timeoutMs, intervalMs = 50 }: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(intervalMs);
  }
}
