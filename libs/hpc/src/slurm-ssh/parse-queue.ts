import type { SlurmJob } from '../slurm/slurm-client.js';
import { exitOfEnded, readJobKey, readReason, readStates, readTable, readTime } from './slurm-values.js';

const HEADING = ['JOBID', 'JOBID', 'STATE', 'EXIT_CODE', 'REASON', 'START_TIME'];

/**
 * The jobs in what `queueCommand` printed; every version since 22.05 prints the same but for the exit code.
 *
 * @throws SlurmSilence when it is anything else
 */
export function parseQueue(text: string, separator: string, withNames: boolean): SlurmJob[] {
  const heading = withNames ? [...HEADING, 'NAME'] : HEADING;
  return readTable(text, separator, heading).flatMap(
    ([arrayId = '', rawId = '', state = '', exit = '', reason = '', start = '', name = '']) => {
      const key = readJobKey(arrayId, rawId);
      if (key === null) return [];
      const states = readStates(state);
      const job: SlurmJob = {
        key,
        name,
        states,
        reason: readReason(reason),
        exit: exitOfEnded(states, exit),
        // A job that waits has the time when Slurm expects to start it.
        startedAt: states.includes('PENDING') ? null : readTime(start),
        usage: {},
      };
      return [job];
    },
  );
}
