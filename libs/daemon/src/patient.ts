import type { Pass } from './pass.js';

/** A pass whose work is announced, or can wait: the poll, its safety net, leaves it alone for `patienceMs` after each run. */
export const patient = (patienceMs: number, pass: Pass): Pass => ({
  name: pass.name,
  patienceMs,
  run: (signal) => pass.run(signal),
  nextInMs: () => pass.nextInMs?.() ?? null,
});
