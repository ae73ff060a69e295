import { execFile } from 'node:child_process';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { labFacts, systemUser, type LabFacts, type SystemUser } from '@meridian/hpc/testing/lab';

const execute = promisify(execFile);

/** What every job of these benchmarks asks for, by whatever way it gets to Slurm. */
export const RESOURCES = { cpus: 1, memory_mb: 64, walltime_minutes: 5 } as const;
export const SBATCH_RESOURCES = ['--cpus-per-task=1', '--mem=64', '--time=5', '--partition=debug'];

/** The one-machine cluster, and its user, whom hand-written jobs and Meridian's alike belong to. */
export class Lab {
  private constructor(
    readonly facts: LabFacts,
    readonly user: SystemUser,
  ) {}

  /** @throws Error that says what is missing */
  static open(directory: string): Lab {
    if (process.getuid?.() !== 0)
      throw new Error('this benchmark runs jobs and daemons as the user of the lab, and so has to be root');
    const facts = labFacts(directory);
    return new Lab(facts, systemUser(facts.user));
  }

  /** The environment of a program of the lab's user. */
  get environment(): Readonly<Record<string, string>> {
    const { user, facts } = this;
    const path = `${facts.bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    return { PATH: path, LANG: 'C.UTF-8', HOME: user.home, USER: user.name, LOGNAME: user.name };
  }

  /** Runs a program as the lab's user; what it prints. */
  async run(
    program: string,
    args: readonly string[],
    options: { cwd: string; env?: object },
  ): Promise<string> {
    const { uid, gid } = this.user;
    const env = { ...this.environment, ...options.env };
    const { stdout } = await execute(program, args, {
      uid,
      gid,
      env,
      cwd: options.cwd,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
    await this.give(path);
  }

  async write(path: string, text: string): Promise<void> {
    await writeFile(path, text);
    await this.give(path);
  }

  /** Hands in a batch script as a person does; its job's id, and how long that took. */
  async sbatch(cwd: string, args: readonly string[]): Promise<{ jobId: string; milliseconds: number }> {
    const startedAt = performance.now();
    const printed = await this.run(
      join(this.facts.bin, 'sbatch'),
      ['--parsable', ...SBATCH_RESOURCES, ...args],
      { cwd },
    );
    return { jobId: printed.trim(), milliseconds: performance.now() - startedAt };
  }

  /** Until the cluster has nothing left to do, so that one measurement does not disturb the next. */
  async quiet(): Promise<void> {
    const [squeue, all] = [join(this.facts.bin, 'squeue'), ['--noheader', '--format=%i']];
    while ((await this.run(squeue, all, { cwd: '/' })).trim() !== '') await sleep(500);
  }

  private give = (path: string): Promise<void> => chown(path, this.user.uid, this.user.gid);
}
