import type { JobUsage } from '@meridian/core';
import type { SlurmJob } from '../slurm/slurm-client.js';
import { UnreadableAnswer } from './unreadable-answer.js';
import {
  exitOfEnded,
  readDuration,
  readJobKey,
  readReason,
  readStates,
  readTable,
  readTime,
} from './slurm-values.js';

const HEADING = [
  ...[
    'JOBID',
    'JOBIDRAW',
    'STATE',
    'EXITCODE',
    'START',
    'ELAPSEDRAW',
    'TOTALCPU',
    'MAXRSS',
    'REASON',
    'JOBNAME',
  ],
];
const BYTES_PER_MB = 1_048_576;

/**
 * The jobs in what `accountingCommands` printed, the memory of their steps added to them.
 *
 * @throws UnreadableAnswer when it is anything else
 */
export function parseAccounting(text: string, separator: string): SlurmJob[] {
  const records = readTable(text, separator, HEADING);
  const peaks = peaksOf(records);
  return records
    .filter(([arrayId = '']) => !isStep(arrayId))
    .flatMap((record) => {
      const [arrayId = '', rawId = '', state = '', exit = '', start = ''] = record;
      const [elapsed = '', cpu = '', , reason = '', name = ''] = record.slice(5);
      const key = readJobKey(arrayId, rawId);
      if (key === null) return [];
      const states = readStates(state);
      const job: SlurmJob = {
        key,
        name,
        states,
        reason: readReason(reason),
        exit: exitOfEnded(states, exit),
        startedAt: readTime(start),
        usage: readTime(start) === null ? {} : usageOf(elapsed, cpu, peaks.get(rawId)),
      };
      return [job];
    });
}

/** `123.batch`, `123_4.0`. A job's own row never has its memory, only its steps have. */
const isStep = (id: string): boolean => id.includes('.');

function peaksOf(records: readonly string[][]): Map<string, number> {
  const peaks = new Map<string, number>();
  for (const [arrayId = '', rawId = '', , , , , , bytes = ''] of records) {
    if (!isStep(arrayId) || bytes === '') continue;
    if (!/^\d+$/.test(bytes)) throw new UnreadableAnswer(`sacct printed ${JSON.stringify(bytes)} as memory`);
    const job = rawId.slice(0, rawId.indexOf('.'));
    peaks.set(job, Math.max(peaks.get(job) ?? 0, Number(bytes)));
  }
  return peaks;
}

function usageOf(elapsed: string, cpu: string, peakBytes: number | undefined): JobUsage {
  if (!/^\d+$/.test(elapsed))
    throw new UnreadableAnswer(`sacct printed ${JSON.stringify(elapsed)} as elapsed time`);
  return {
    elapsedSeconds: Number(elapsed),
    cpuSeconds: readDuration(cpu),
    // Jobs that are shorter than the sampling interval have none, or 0.
    ...(peakBytes === undefined || peakBytes === 0
      ? {}
      : { peakMemoryMb: Math.ceil(peakBytes / BYTES_PER_MB) }),
  };
}
