import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, statfs, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ATTEMPT_FILES,
  FENCED_EXIT_CODE,
  NOT_CLAIMABLE_EXIT_CODE,
  parseJobToken,
  REQUEUED_EXIT_CODE,
  type JobSpec,
  type Manifest,
} from '@meridian/core';
import type { Tally } from '../tally.js';
import { programOutput } from './program.js';
import { NoRoom, type Fate, type JobRunner, type StartedJob } from './job-runner.js';

const FULL_BELOW_BYTES = 64 * 1024;

/**
 * Does to an attempt's directory what the job script does, without starting a process: claims by mkdir, counts the execution
 * outside Meridian, writes outputs and the record. Real scripts run in some worlds to keep it honest.
 */
export class ModelRunner implements JobRunner {
  private readonly startedAt = new Map<string, Date>();
  /** Programs that could not write their outputs. */
  private readonly failed = new Set<string>();

  constructor(private readonly tally: Tally) {}

  async start(job: StartedJob, fate: Fate, now: Date): Promise<number | null> {
    const { id, spec } = job;
    const at = (name: string): string => join(spec.directory, name);
    try {
      await mkdir(at(ATTEMPT_FILES.claim));
    } catch (error) {
      return codeOf(error) === 'EEXIST' ? this.meetClaim(job) : NOT_CLAIMABLE_EXIT_CODE;
    }
    if (fate.reaches === 'claim') return null;
    try {
      await writeFile(at(ATTEMPT_FILES.claimJob), `${id}\n`);
      await writeFile(at('claim/token'), `${spec.token}\n`);
      await appendFile(at(ATTEMPT_FILES.stdout), '');
    } catch {
      return NOT_CLAIMABLE_EXIT_CODE;
    }
    this.startedAt.set(id, now);
    await this.tally.began(spec.token);
    await appendFile(at(ATTEMPT_FILES.heartbeat), '').catch(() => undefined);
    await this.beat(job, now);
    return null;
  }

  /** A copy that meets a claim runs nothing: 114 for its own (or nobody's), 113 for another copy's. */
  private async meetClaim({ id, spec }: StartedJob): Promise<number> {
    const owner = await readFile(join(spec.directory, ATTEMPT_FILES.claimJob), 'utf8').catch(() => '');
    if (owner.trim() !== '' && owner.trim() !== id) return FENCED_EXIT_CODE;
    await appendFile(join(spec.directory, ATTEMPT_FILES.requeued), 'again\n').catch(() => undefined);
    return REQUEUED_EXIT_CODE;
  }

  async finish({ id, spec }: StartedJob, fate: Fate, now: Date): Promise<number> {
    if (fate.reaches === 'claim' || fate.reaches === 'start') return fate.exitCode;
    if (fate.exitCode === 0 && !this.failed.has(id)) {
      try {
        const output = await outputOf(spec);
        for (const [name, text] of output) await writeWhole(join(spec.directory, 'output', name), text);
        await this.tally.wrote(spec.token, output);
        await this.tally.finished(spec.token);
      } catch {
        this.failed.add(id);
      }
    }
    const exitCode = this.failed.has(id) ? 1 : fate.exitCode;
    if (fate.reaches === 'outputs') return exitCode;
    try {
      const result = join(spec.directory, ATTEMPT_FILES.result);
      await writeFile(`${result}.part`, await this.recordOf({ id, spec }, { ...fate, exitCode }, now));
      await rename(`${result}.part`, result);
    } catch (error) {
      throw new NoRoom(codeOf(error) ?? 'the record was not written');
    }
    return exitCode;
  }

  async beat({ spec }: StartedJob, now: Date): Promise<void> {
    for (const name of [ATTEMPT_FILES.claim, ATTEMPT_FILES.heartbeat])
      await utimes(join(spec.directory, name), now, now).catch(() => undefined);
  }

  private async recordOf({ id, spec }: StartedJob, fate: Fate, now: Date): Promise<string> {
    const { runId, attempt } = parseJobToken(spec.token) ?? { runId: 0, attempt: 0 };
    const { bavail, bsize } = await statfs(spec.directory);
    const files = fate.exitCode === 0 ? await outputOf(spec) : new Map<string, string>();
    return JSON.stringify({
      contract_version: 1,
      token: spec.token,
      run_id: runId,
      attempt,
      exit_code: fate.exitCode,
      host: 'node1',
      job_id: id,
      started_at: (this.startedAt.get(id) ?? now).toISOString(),
      ended_at: now.toISOString(),
      cpu_seconds: 1,
      peak_memory_mb: 10,
      was_stopped: fate.wasStopped,
      disk_full: this.failed.has(id) || bavail * bsize < FULL_BELOW_BYTES,
      files: [...files].map(([path, text]) => ({ path, ...factsOf(text), mtime: 1_767_225_600 })),
      skipped: [],
    });
  }
}

/** What the program writes of the inputs that its manifest names. */
async function outputOf({ directory, token }: JobSpec): Promise<Map<string, string>> {
  const { inputs } = JSON.parse(await readFile(join(directory, ATTEMPT_FILES.manifest), 'utf8')) as Manifest;
  return programOutput(
    token,
    inputs.map(({ id }) => id),
  );
}

const factsOf = (text: string): { size_bytes: number; sha256: string } => ({
  size_bytes: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
