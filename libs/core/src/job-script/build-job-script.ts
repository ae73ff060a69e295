import { quoteShell } from '../command/build-command.js';
import { DomainError } from '../shared/domain-error.js';
import { COLLECT_OUTPUTS } from './collect-outputs.js';
import { RUN_STEP } from './run-step.js';

export interface JobScriptOptions {
  readonly token: string;
  readonly runId: number;
  readonly attempt: number;
  /** The attempt directory, absolute. */
  readonly directory: string;
  /** The step's command, container and all. */
  readonly argv: readonly string[];
  /** Exported to the command; WORKFLOW_CPUS also says how many files are hashed at once. */
  readonly environment: Readonly<Record<string, string>>;
  readonly heartbeatSeconds: number;
  /** The variable in which the scheduler tells a job its id; without it MERIDIAN_JOB_ID, which our backends set, then SLURM_JOB_ID. */
  readonly jobIdVariable?: string;
  /** How long the step may take to stop after a signal; less than the scheduler itself waits. Default 20. */
  readonly stopSeconds?: number;
  /** Pause between two tries to write the record. Default 10. */
  readonly retrySeconds?: number;
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MAX_HASHERS = 16;

/**
 * The job script of one attempt: POSIX sh that needs coreutils and /proc only. docs/container-contract.md says what it does.
 *
 * Every value goes into the script through `quoteShell` or as a checked number, so nothing in it can be code.
 *
 * @throws DomainError `job_script.invalid` when a value cannot be written into a script, `command.invalid_argument` for NUL.
 */
export function buildJobScript(options: JobScriptOptions): string {
  check(TOKEN.test(options.token), 'the token', options.token);
  check(options.directory.startsWith('/'), 'the attempt directory', options.directory);
  check(options.argv.length > 0, 'the command', '');
  return [
    '#!/bin/sh',
    `# ${options.token}: written by Meridian, explained in docs/container-contract.md`,
    // One command from here to the end: of a script that was cut off, a shell runs nothing and says so.
    '{',
    'set -u',
    ...settings(options),
    ...stepFunction(options),
    RUN_STEP,
    COLLECT_OUTPUTS,
    'main',
    '}',
    '',
  ].join('\n');
}

function settings(options: JobScriptOptions): string[] {
  const cpus = Number(options.environment['WORKFLOW_CPUS'] ?? 1);
  return [
    `token=${quoteShell([options.token])}`,
    `directory=${quoteShell([options.directory])}`,
    `run_id=${whole('the run id', options.runId)}`,
    `attempt=${whole('the attempt', options.attempt)}`,
    `job_id=${jobIdExpression(options.jobIdVariable)}`,
    `heartbeat_seconds=${whole('heartbeatSeconds', options.heartbeatSeconds)}`,
    `stop_seconds=${whole('stopSeconds', options.stopSeconds ?? 20)}`,
    `retry_seconds=${whole('retrySeconds', options.retrySeconds ?? 10)}`,
    `hashers=${Number.isInteger(cpus) ? Math.min(Math.max(cpus, 1), MAX_HASHERS) : 1}`,
  ];
}

/**
 * `run_step` replaces its subshell by the command. `timeout` (coreutils) without a time limit is there for the process
 * group of its own that it puts the command into, so that what does not stop in time can be killed as a whole.
 */
function stepFunction({ environment, argv }: JobScriptOptions): string[] {
  const exports = Object.entries(environment).map(([name, value]) => {
    check(VARIABLE_NAME.test(name), 'a variable name', name);
    return `  export ${name}=${quoteShell([value])}`;
  });
  return [
    'run_step() {',
    '  restore_locale',
    ...exports,
    `  exec timeout -k "$stop_seconds" -- 0 ${quoteShell(argv)}`,
    '}',
  ];
}

function jobIdExpression(variable: string | undefined): string {
  if (variable === undefined) return '"${MERIDIAN_JOB_ID:-${SLURM_JOB_ID:-}}"';
  check(VARIABLE_NAME.test(variable), 'a variable name', variable);
  return `"\${${variable}:-}"`;
}

function whole(what: string, value: number): number {
  check(Number.isSafeInteger(value) && value >= 1, what, String(value));
  return value;
}

function check(isGood: boolean, what: string, value: string): void {
  if (isGood) return;
  throw new DomainError({
    kind: 'invalid',
    code: 'job_script.invalid',
    message: `${JSON.stringify(value.slice(0, 200))} cannot be ${what} of a job script.`,
    action: 'Correct the definition or the location that it comes from.',
  });
}
