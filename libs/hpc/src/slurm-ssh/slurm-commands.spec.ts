import type { SlurmSubmission } from '../slurm/slurm-client.js';
import {
  accountingCommands,
  cancelCommands,
  queueCommand,
  separatorOf,
  submitCommand,
} from './slurm-commands.js';

const NO_OPTIONS = { partition: null, account: null, qos: null, reservation: null, constraint: null };
const SUBMISSION: SlurmSubmission = {
  name: 'mrd-a-7-1',
  comment: 'imaging/extract',
  script: '#!/bin/sh\ntrue\n',
  workingDirectory: '/data/jobs/7.1',
  stdoutPath: '/data/jobs/100%/out',
  stderrPath: '/dev/null',
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 90 },
  indices: null,
};

describe('submitCommand', () => {
  it('asks for what the job needs, and hands over the script', () => {
    expect(submitCommand(NO_OPTIONS, SUBMISSION)).toEqual({
      argv: [
        'sbatch',
        '--parsable',
        '--no-requeue',
        '--export=ALL',
        '--job-name=mrd-a-7-1',
        '--comment=imaging/extract',
        '--chdir=/data/jobs/7.1',
        '--output=/data/jobs/100%%/out',
        '--error=/dev/null',
        '--nodes=1',
        '--ntasks=1',
        '--cpus-per-task=2',
        '--mem=500M',
        '--time=90',
      ],
      stdin: '#!/bin/sh\ntrue\n',
    });
  });

  it('adds the indices of an array and what the location asks for', () => {
    const job = {
      partition: 'debug',
      account: 'survey',
      qos: 'high',
      reservation: 'night',
      constraint: 'gpu&ssd',
    };
    expect(submitCommand(job, { ...SUBMISSION, indices: '0-99,104' }).argv.slice(-6)).toEqual([
      '--array=0-99,104',
      '--partition=debug',
      '--account=survey',
      '--qos=high',
      '--reservation=night',
      '--constraint=gpu&ssd',
    ]);
  });
});

describe('the other commands', () => {
  const separator = separatorOf('c0ffeec0ffee');

  it('ask for names only where they are needed', () => {
    const format = (withNames: boolean): string => queueCommand(separator, withNames).argv.at(-1) ?? '';
    expect(format(true)).toBe(`${format(false)},Name:\x1fc0ffee`);
  });

  it('ask for jobs since a second of 1970, so that no time zone matters', () => {
    const [command] = accountingCommands(separator, { kind: 'since', since: new Date(1_795_233_050_900) });
    expect(command?.argv).toContain('--starttime=uts1795233050');
  });

  it('stay below the longest argument that Linux takes', () => {
    const ids = Array.from({ length: 12_000 }, (_, at) => 4_000_000_000 + at);
    const asked = accountingCommands(separator, { kind: 'ids', ids });
    expect(asked).toHaveLength(3);
    for (const { argv } of asked) expect(argv.at(-1)?.length).toBeLessThan(131_072);
    const cancelled = cancelCommands(ids.map(String)).flatMap(({ argv }) => argv.slice(1));
    expect(cancelled).toEqual(ids.map(String));
  });
});
