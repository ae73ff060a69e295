import type { SlurmPartition } from '../slurm/slurm-client.js';
import { listAt, positiveAt, textAt, wordsAt } from './json-reading.js';

/** `/partitions`, all versions; null when it is no such list. */
export function readPartitions(body: unknown): SlurmPartition[] | null {
  return (
    listAt(body, 'partitions')?.flatMap((row) => {
      const name = textAt(row, 'name');
      // A word in v0.0.38, a list inside `partition` since.
      const state = wordsAt(row, 'state') ?? wordsAt(row, 'partition', 'state') ?? [];
      const maxMinutes = positiveAt(row, 'max_time_limit') ?? positiveAt(row, 'maximums', 'time');
      return name === null ? [] : [{ name, isUp: state.includes('UP'), maxMinutes }];
    }) ?? null
  );
}

/** What every answer says about the server that gave it. */
export interface ServerFacts {
  /** `22.05.8`; null when it is not told. */
  readonly release: string | null;
  /** Empty in v0.0.38, which does not tell. */
  readonly cluster: string;
  /** False when it says that it keeps no accounts; v0.0.38 does not tell. */
  readonly keepsAccounts: boolean;
}

export function readServerFacts(body: unknown): ServerFacts {
  const storage = textAt(body, 'meta', 'plugin', 'accounting_storage');
  return {
    release: textAt(body, 'meta', 'slurm', 'release') ?? textAt(body, 'meta', 'Slurm', 'release'),
    cluster: textAt(body, 'meta', 'slurm', 'cluster') ?? '',
    keepsAccounts: storage === null || storage === 'accounting_storage/slurmdbd',
  };
}

/** slurmctld's clock, in seconds, as `/diag` tells it. */
export const readServerTime = (body: unknown): number | null => positiveAt(body, 'statistics', 'req_time');

export interface SiteLimits {
  readonly maxArraySize: number | null;
  readonly messageTimeoutSeconds: number | null;
}

/** `/conf`, which there is since v0.0.45. */
export const readSiteLimits = (body: unknown): SiteLimits => ({
  maxArraySize: positiveAt(body, 'slurm_conf', 'MaxArraySize'),
  messageTimeoutSeconds: positiveAt(body, 'slurm_conf', 'MessageTimeout'),
});
