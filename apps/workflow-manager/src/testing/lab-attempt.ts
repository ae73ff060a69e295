import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseResultRecord, type ResultRecord } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { labFacts } from '@meridian/hpc/testing';
import type { ClaimedRun, RunInput } from '@meridian/ops-db';
import { stageRun } from '../staging/stage-run.js';

/** A directory where both this process and the jobs' user may work. */
export function labSpace(): string {
  const space = mkdtempSync(join(dirname(labFacts().base_paths.rest), 'container-'));
  execFileSync('chmod', ['755', space]);
  return space;
}

export const removeLabSpace = (space: string): void => rmSync(space, { recursive: true, force: true });

/** A file with all the directories it is in; returns how long it is. */
export function writeInto(path: string, content: string): number {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return Buffer.byteLength(content);
}

export interface LabAttempt {
  readonly directory: string;
  readonly job: ChildProcess;
  /** How the job script ended. */
  readonly ended: Promise<number | null>;
  record(): ResultRecord;
  read(path: string): string;
}

/** Stages a run, and starts its job script as the jobs' user, with the environment that a scheduler gives. */
export async function startInLab(run: ClaimedRun, inputs: readonly RunInput[] = []): Promise<LabAttempt> {
  const outcome = await stageRun(run, inputs, {
    dataSource: null,
    files: mountedFiles,
    inputsAtOnce: 4,
    heartbeatSeconds: 5,
  });
  if (outcome.kind !== 'staged') throw new Error(`${outcome.kind}: ${outcome.reason}`);
  const { directory, scriptPath } = outcome.spec;
  const { user } = labFacts();
  execFileSync('chown', ['-R', `${user}:`, run.basePath]);
  const setpriv = ['--reuid', user, '--regid', user, '--init-groups', '--reset-env'];
  const job = spawn('setpriv', [...setpriv, 'sh', scriptPath], { cwd: directory, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => job.once('exit', resolve));
  const read = (path: string): string => readFileSync(join(directory, path), 'utf8');
  return { directory, job, ended, read, record: () => parseResultRecord(read('result.json')) };
}

export async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('it did not become true in 20 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const hasText = (path: string, text: string): boolean =>
  existsSync(path) && readFileSync(path, 'utf8').includes(text);
