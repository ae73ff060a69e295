import type { JobEnd, JobStore, StoredState } from './job-store.js';
import { livenessOf } from './process-table.js';

/** What is known of a job; `silent` is a job whose process cannot be looked at from here. */
export type SeenState = StoredState | { readonly kind: 'silent' };

/** What the files say, and what can be seen of the process: one that is gone without a word is a lost job. */
export async function seenState(store: JobStore, token: string): Promise<SeenState> {
  const state = await store.stateOf(token);
  if (state.kind !== 'running') return state;
  const liveness = livenessOf(state.process);
  if (liveness === 'alive') return state;
  if (liveness === 'elsewhere') return { kind: 'silent' };
  // The end is written before the process goes, so it is there by now if it was ever written.
  const again = await store.stateOf(token);
  return again.kind === 'running' ? { kind: 'finished', end: endOfLost(again.isStopping) } : again;
}

const endOfLost = (wasStopping: boolean): JobEnd =>
  wasStopping
    ? { state: 'CANCELLED', exitCode: null }
    : { state: 'NODE_FAIL', exitCode: null, reason: 'its process is gone and left no exit code' };
