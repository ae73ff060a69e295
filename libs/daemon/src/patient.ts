import type { Pass } from './pass.js';

/** Polls that are let go by between two runs. */
const POLLS = 5;

/** A pass that the poll need not run each time, because its work is announced, or can wait: the poll is its safety net. */
export const patient = (pollIntervalMs: number, pass: Pass): Pass => ({
  name: pass.name,
  patienceMs: POLLS * pollIntervalMs,
  run: (signal) => pass.run(signal),
  nextInMs: () => pass.nextInMs?.() ?? null,
});
