import { spawn } from 'node:child_process';
import { open, type FileHandle } from 'node:fs/promises';
import type { StoredJob } from './job-store.js';
import { JOB_WRAPPER } from './job-wrapper.js';

export interface StartOptions {
  readonly stateDirectory: string;
  /** All that a job gets from its surroundings; nothing of the daemon's own environment, which holds passwords. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stopSeconds: number;
  readonly onExit: () => void;
}

/**
 * Starts the wrapper of one job, detached: in its own session, with files for output, so that neither a signal to the
 * daemon nor its end can touch the job.
 *
 * @throws when the output files cannot be opened or no process can be made.
 */
export async function startJob(job: StoredJob, options: StartOptions): Promise<void> {
  const files: FileHandle[] = [];
  try {
    for (const path of [job.stdoutPath, job.stderrPath]) files.push(await open(path, 'a'));
    await spawnWrapper(
      job,
      options,
      files.map((file) => file.fd),
    );
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

function spawnWrapper(job: StoredJob, options: StartOptions, outputs: number[]): Promise<void> {
  const walltimeSeconds = Math.max(1, Math.ceil(job.resources.walltimeMinutes * 60));
  const words = [
    job.token,
    options.stateDirectory,
    job.scriptPath,
    String(walltimeSeconds),
    String(options.stopSeconds),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', JOB_WRAPPER, 'meridian-job', ...words], {
      cwd: job.directory,
      detached: true,
      env: { ...options.environment, MERIDIAN_JOB_ID: job.token },
      stdio: ['ignore', ...outputs],
    });
    child.once('error', reject);
    child.once('spawn', resolve);
    child.once('exit', options.onExit);
    child.unref();
  });
}
