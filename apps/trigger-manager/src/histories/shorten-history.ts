import type { Action, History } from './history.js';

/** Histories that are played at most to find a shorter one. */
const TRIES = 60;

/**
 * A history of fewer actions that still fails, by leaving out ever smaller parts of it.
 *
 * Every action chooses for itself what it acts on, so the others mean much the same when one is gone.
 */
export async function shortenHistory(
  history: History,
  fails: (shorter: History) => Promise<boolean>,
): Promise<History> {
  let actions = history.actions;
  let tries = 0;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let from = 0;
    while (from < actions.length && tries < TRIES) {
      const shorter: Action[] = [...actions.slice(0, from), ...actions.slice(from + size)];
      tries += 1;
      if (await fails({ ...history, actions: shorter })) actions = shorter;
      else from += size;
    }
  }
  return { ...history, actions };
}
