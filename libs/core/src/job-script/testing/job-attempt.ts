import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { hostCommand } from '../../command/build-command.js';
import { parseResultRecord, type ResultRecord } from '../../output/result-record.js';
import { buildJobScript, type JobScriptOptions } from '../build-job-script.js';

export const PATH = '/usr/bin:/bin';

const directories: string[] = [];
/** For afterAll. */
export const removeAttempts = (): void =>
  directories.forEach((directory) => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

/** An attempt directory whose own path is hostile. */
export function newAttempt(argv: readonly string[], options: Partial<JobScriptOptions> = {}): string {
  const base = mkdtempSync(`${tmpdir()}/meridian-job-`);
  directories.push(base);
  const directory = `${base}/it's "$(touch pwned)" *`;
  mkdirSync(directory);
  const script = buildJobScript({
    token: 'mrd-7-2',
    runId: 7,
    attempt: 2,
    directory,
    argv: hostCommand(argv),
    environment: { WORKFLOW_CPUS: '3' },
    heartbeatSeconds: 1,
    retrySeconds: 1,
    stopSeconds: 2,
    ...options,
  });
  writeFileSync(`${directory}/job.sh`, script);
  return directory;
}

/** How a copy of the script is started. */
export interface Copy {
  readonly shell?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly before?: string;
}

/** Runs the attempt's script in a process of its own, with nothing in its environment but PATH and what is given. */
export function start(
  directory: string,
  { shell = ['dash'], environment = {}, before = ':' }: Copy = {},
): ChildProcess {
  const line = `${before}; exec "$0" "$@"`;
  return spawn('sh', ['-c', line, ...shell, `${directory}/job.sh`], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

export const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

export const run = (directory: string, copy?: Copy): Promise<number | null> => exitOf(start(directory, copy));

export const recordOf = (directory: string): ResultRecord =>
  parseResultRecord(readFileSync(`${directory}/result.json`, 'utf8'));

export const read = (directory: string, path: string): string => readFileSync(`${directory}/${path}`, 'utf8');

export const until = async (isTrue: () => boolean): Promise<void> => {
  for (
    const deadline = Date.now() + 20_000;
    !isTrue();
    await new Promise((resolve) => setTimeout(resolve, 20))
  ) {
    if (Date.now() > deadline) throw new Error('it did not become true in 20 s');
  }
};
