import type { SlurmPartition } from '../slurm/slurm-client.js';
import { UnreadableAnswer } from './unreadable-answer.js';
import { readTable, readTimeLimit } from './slurm-values.js';

/** What `scontrol show config` says that matters here. */
export interface SlurmConfig {
  readonly version: string;
  readonly cluster: string;
  readonly hasAccounting: boolean;
  readonly maxArraySize: number;
  readonly messageTimeoutSeconds: number;
  readonly minJobAgeSeconds: number;
}

/** @throws UnreadableAnswer when one of them is missing */
export function parseConfig(text: string): SlurmConfig {
  const settings = new Map(
    [...text.matchAll(/^(\w+)\s*= (.*)$/gm)].map(([, name = '', value = '']) => [name, value.trim()]),
  );
  const textOf = (name: string): string => {
    const value = settings.get(name);
    if (value === undefined) throw new UnreadableAnswer(`scontrol show config does not mention ${name}`);
    return value;
  };
  const numberOf = (name: string): number => {
    const [, digits] = /^(\d+)(?: sec)?$/.exec(textOf(name)) ?? [];
    if (digits === undefined) throw new UnreadableAnswer(`scontrol prints ${name} as ${textOf(name)}`);
    return Number(digits);
  };
  return {
    version: textOf('SLURM_VERSION'),
    cluster: textOf('ClusterName'),
    // A slurmdbd that is configured and down is still accounting: it will answer later.
    hasAccounting: textOf('AccountingStorageType') === 'accounting_storage/slurmdbd',
    maxArraySize: numberOf('MaxArraySize'),
    messageTimeoutSeconds: numberOf('MessageTimeout'),
    minJobAgeSeconds: numberOf('MinJobAge'),
  };
}

/** @throws UnreadableAnswer when it is not what `describeCommands` asked sinfo for */
export function parsePartitions(text: string, separator: string): SlurmPartition[] {
  const rows = readTable(text, separator, ['PARTITION', 'AVAIL', 'TIMELIMIT']);
  return rows.map(([name = '', available = '', limit = '']) => ({
    name,
    isUp: available === 'up',
    maxMinutes: readTimeLimit(limit),
  }));
}
