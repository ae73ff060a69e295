import { SlurmRefusal, SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';
import { cancelErrorOf, errorOf } from './complaints.js';

const failed = (stderr: string, exit = 1) => ({ exit, stderr, stdout: '' });
const SUBMISSION = 'sbatch: error: Batch job submission failed: ';

describe('errorOf', () => {
  it.each([
    // The cluster said no.
    [
      `${SUBMISSION}Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`,
      SlurmRefusal,
    ],
    [`${SUBMISSION}Access/permission denied`, SlurmRefusal],
    [`${SUBMISSION}Something that a later Slurm may say`, SlurmRefusal],
    ["sbatch: unrecognized option '--nosuch'", SlurmRefusal],
    // It will take it later.
    [
      `sbatch: error: AssocMaxSubmitJobLimit\n${SUBMISSION}Job violates accounting/QOS policy`,
      SlurmUnreachable,
    ],
    [
      `sbatch: error: QOSMaxSubmitJobPerUserLimit\n${SUBMISSION}Job violates accounting/QOS policy`,
      SlurmUnreachable,
    ],
    [`${SUBMISSION}Required partition not available (inactive or drain)`, SlurmUnreachable],
    [`${SUBMISSION}Unable to contact slurm controller (connect failure)`, SlurmUnreachable],
    ['sbatch: fatal: Unable to process configuration file', SlurmUnreachable],
    ['sbatch: error: Could not establish a configuration source', SlurmUnreachable],
    [`sbatch: error: If munged is up, restart with --num-threads=10`, SlurmUnreachable],
    // It may have it.
    [`${SUBMISSION}Unable to contact slurm controller (receive failure)`, SlurmSilence],
    [`${SUBMISSION}Socket timed out on send/recv operation`, SlurmSilence],
    [`${SUBMISSION}Zero Bytes were transmitted or received`, SlurmSilence],
    [`${SUBMISSION}Protocol authentication error`, SlurmSilence],
    [`sbatch: error: Munge decode failed: Expired credential\n${SUBMISSION}Unspecified error`, SlurmSilence],
    ['Segmentation fault', SlurmSilence],
    ['', SlurmSilence],
  ])('%s', (stderr, kind) => {
    expect(errorOf('sbatch', failed(stderr))).toBeInstanceOf(kind);
  });

  it('takes no exit code for proof: Slurm ends with the low byte of its error numbers', () => {
    expect(errorOf('sbatch', failed('', 127))).toBeInstanceOf(SlurmSilence);
    expect(
      errorOf('sbatch', failed('timeout: failed to run command: No such file or directory', 127)),
    ).toBeInstanceOf(SlurmUnreachable);
    expect(errorOf('sbatch', failed('', 124)).message).toBe('sbatch: no answer in time');
  });

  it('says what Slurm said, the reason and the details', () => {
    const said = `sbatch: error: Memory specification can not be satisfied\n${SUBMISSION}Requested node configuration is not available\n`;
    expect(errorOf('sbatch', failed(said)).message).toBe(
      'sbatch: Memory specification can not be satisfied; Batch job submission failed: Requested node configuration is not available',
    );
  });
});

describe('cancelErrorOf', () => {
  const line = (id: number, why: string): string =>
    `scancel: error: Kill job error on job id ${id}: ${why}\n`;
  const gone = line(1, 'Invalid job id specified') + line(2, 'Job/step already completing or completed');

  it('is none when there was nothing to cancel', () => {
    expect(cancelErrorOf(failed('', 0))).toBeNull();
    expect(cancelErrorOf(failed(gone))).toBeNull();
  });

  it('is the least certain one of several', () => {
    const denied = line(3, 'Access/permission denied');
    const lost = line(4, 'Socket timed out on send/recv operation');
    const down = line(5, 'Unable to contact slurm controller (connect failure)');
    expect(cancelErrorOf(failed(gone + denied))).toBeInstanceOf(SlurmRefusal);
    expect(cancelErrorOf(failed(denied + down))).toBeInstanceOf(SlurmUnreachable);
    expect(cancelErrorOf(failed(denied + down + lost))).toBeInstanceOf(SlurmSilence);
    expect(cancelErrorOf(failed(''))).toBeInstanceOf(SlurmSilence);
  });
});
