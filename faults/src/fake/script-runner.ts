import { spawn } from 'node:child_process';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ATTEMPT_FILES,
  FENCED_EXIT_CODE,
  NOT_CLAIMABLE_EXIT_CODE,
  parseJobToken,
  REQUEUED_EXIT_CODE,
} from '@meridian/core';
import type { Fate, JobRunner, StartedJob } from './job-runner.js';

const NOTHING_RAN: readonly number[] = [FENCED_EXIT_CODE, REQUEUED_EXIT_CODE, NOT_CLAIMABLE_EXIT_CODE];

/** Runs the job scripts that Meridian wrote. A script ends in real time before `start` returns; the world shows it later. */
export class ScriptRunner implements JobRunner {
  private readonly exitCodes = new Map<string, number>();

  /** `orders`: where a program finds what it is to exit with. */
  constructor(private readonly orders: string) {}

  async start(job: StartedJob, fate: Fate, now: Date): Promise<number | null> {
    // A node that fails in the middle of a script is the model's business.
    if (fate.reaches !== 'record') return null;
    const { runId, attempt } = parseJobToken(job.spec.token) ?? { runId: 0, attempt: 0 };
    await writeFile(join(this.orders, `${runId}.${attempt}`), `${fate.exitCode}\n`);
    const isSecond = this.exitCodes.has(job.id);
    const code = await runScript(job);
    await this.beat(job, now);
    if (isSecond || NOTHING_RAN.includes(code)) return code;
    this.exitCodes.set(job.id, code);
    return null;
  }

  finish(job: StartedJob, fate: Fate): Promise<number> {
    return Promise.resolve(this.exitCodes.get(job.id) ?? fate.exitCode);
  }

  async beat({ spec }: StartedJob, now: Date): Promise<void> {
    for (const name of [ATTEMPT_FILES.claim, ATTEMPT_FILES.heartbeat])
      await utimes(join(spec.directory, name), now, now).catch(() => undefined);
  }
}

const runScript = ({ id, spec }: StartedJob): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [spec.scriptPath], {
      cwd: spec.directory,
      env: { PATH: '/usr/bin:/bin', MERIDIAN_JOB_ID: id },
      stdio: 'ignore',
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 137));
  });
