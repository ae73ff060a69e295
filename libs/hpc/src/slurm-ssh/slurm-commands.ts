import type { SlurmJobOptions } from '../slurm/job-options.js';
import type { AccountingQuery, SlurmSubmission } from '../slurm/slurm-client.js';
import type { RemoteCommand } from './shell-program.js';

/**
 * What comes between two values that Slurm prints: its own line format has no way to quote, and a job's name may hold anything, line
 * breaks included. `marker` makes it new for every request.
 */
export const separatorOf = (marker: string): string => `\x1f${marker.slice(0, 6)}`;

/** Times as seconds since 1970, whatever the time zone of the login node; lists of array tasks in full. */
export const QUERY_ENVIRONMENT = { SLURM_TIME_FORMAT: '%s', SLURM_BITSTR_LEN: '0' };

export const QUEUE_FIELDS = ['JobArrayID', 'JobID', 'State', 'exit_code', 'Reason', 'StartTime'] as const;
export const ACCOUNTING_FIELDS = [
  ...['JobID', 'JobIDRaw', 'State', 'ExitCode', 'Start', 'ElapsedRaw', 'TotalCPU', 'MaxRSS', 'Reason'],
  'JobName',
] as const;
export const PARTITION_FIELDS = ['PartitionName', 'Available', 'Time'] as const;

/** Commands whose absence makes a site unusable; asked for their version by the health check. */
export const NEEDED_COMMANDS = ['sbatch', 'squeue', 'sacct', 'scancel'] as const;

/** Slurm states from which sacct chooses: all of them, which finds jobs that were never eligible to start as well. */
const ANY_STATE = 'BF,CA,CD,DL,F,NF,OOM,PD,PR,R,RQ,S,TO';

/** Job ids in one argument: Linux limits one to 128 kB. */
const IDS_PER_COMMAND = 5000;

const command = (argv: readonly string[], stdin: string | null = null): RemoteCommand => ({ argv, stdin });

/**
 * `--export=ALL` of an environment that is all but empty: with anything else, NIL in 22.05 included, the node asks the user's login
 * shell for one, and a job whose profile hangs there does not start.
 */
export function submitCommand(job: SlurmJobOptions, submission: SlurmSubmission): RemoteCommand {
  const { resources } = submission;
  const options: Record<string, string | number | null> = {
    export: 'ALL',
    'job-name': submission.name,
    comment: submission.comment,
    chdir: submission.workingDirectory,
    output: literalPath(submission.stdoutPath),
    error: literalPath(submission.stderrPath),
    nodes: 1,
    ntasks: 1,
    'cpus-per-task': resources.cpus,
    mem: `${resources.memoryMb}M`,
    time: resources.walltimeMinutes,
    array: submission.indices,
    partition: job.partition,
    account: job.account,
    qos: job.qos,
    reservation: job.reservation,
    constraint: job.constraint,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}=${value}`],
  );
  return command(['sbatch', '--parsable', '--no-requeue', ...given], submission.script);
}

/** Slurm replaces %j and the like in the names of output files. */
const literalPath = (path: string): string => path.replaceAll('%', '%%');

/** All of our user's jobs that the queue has, ended ones included. By user is the one choice that slurmctld itself makes. */
export const queueCommand = (separator: string, withNames: boolean): RemoteCommand => {
  const fields = [...QUEUE_FIELDS, ...(withNames ? ['Name'] : [])];
  const format = fields.map((field) => `${field}:${separator}`).join(',');
  return command(['squeue', '--all', '--me', '--states=all', `--Format=${format}`]);
};

export function accountingCommands(separator: string, query: AccountingQuery): RemoteCommand[] {
  const format = ['sacct', '--parsable', `--delimiter=${separator}`, '--noconvert'];
  const argv = [...format, `--format=${ACCOUNTING_FIELDS.join(',')}`];
  if (query.kind === 'ids')
    return inGroups(query.ids).map((ids) => command([...argv, `--jobs=${ids.join(',')}`]));
  const since = Math.floor(query.since.getTime() / 1000);
  // Until tomorrow: the clock of the login node is not the one of the accounting.
  return [command([...argv, `--starttime=uts${since}`, '--endtime=now+1days', `--state=${ANY_STATE}`])];
}

export const cancelCommands = (ids: readonly string[]): RemoteCommand[] =>
  inGroups(ids).map((group) => command(['scancel', ...group]));

export const describeCommands = (separator: string): RemoteCommand[] => [
  ...NEEDED_COMMANDS.map((name) => command([name, '--version'])),
  command(['scontrol', 'show', 'config']),
  command([
    'sinfo',
    '--all',
    `--Format=${PARTITION_FIELDS.map((field) => `${field}:${separator}`).join(',')}`,
  ]),
];

const inGroups = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / IDS_PER_COMMAND) }, (_, at) =>
    items.slice(at * IDS_PER_COMMAND, (at + 1) * IDS_PER_COMMAND),
  );
