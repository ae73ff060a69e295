import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What of `lab.json` is used here; docs/lab.md explains each. */
interface LabFacts {
  readonly slurm_version: string;
  readonly rest_url: string;
  readonly ssh_host: string;
  readonly ssh_port: number;
  readonly ssh_user: string;
  readonly ssh_key_file: string;
  readonly ssh_host_key: string;
  readonly user: string;
  readonly base_paths: { readonly rest: string; readonly ssh: string };
  readonly token_command: readonly string[];
  readonly nodes: readonly string[];
  readonly bin: string;
}

export const SITES = ['lab-rest', 'lab-ssh'] as const;
export type Site = (typeof SITES)[number];

/** What every job of these benchmarks asks for, by whatever way it gets to Slurm. */
export const RESOURCES = { cpus: 1, memory_mb: 64, walltime_minutes: 5 } as const;
export const SBATCH_RESOURCES = ['--cpus-per-task=1', '--mem=64', '--time=5', '--partition=debug'];

/** The one-machine cluster, and its user, whom hand-written jobs and Meridian's alike belong to. */
export class Lab {
  private constructor(
    readonly facts: LabFacts,
    readonly user: { readonly uid: number; readonly gid: number; readonly home: string },
  ) {}

  /** @throws Error that says what is missing */
  static open(directory: string): Lab {
    if (process.getuid?.() !== 0)
      throw new Error('this benchmark runs jobs and daemons as the user of the lab, and so has to be root');
    try {
      const facts = JSON.parse(readFileSync(join(directory, 'lab.json'), 'utf8')) as LabFacts;
      const entry = execFileSync('getent', ['passwd', facts.user], { encoding: 'utf8' });
      const [, , uid, gid, , home = '/'] = entry.trim().split(':');
      return new Lab(facts, { uid: Number(uid), gid: Number(gid), home });
    } catch (error) {
      throw new Error(
        `there is no lab at ${directory}: start one with "npm run lab -- up", or name it by MERIDIAN_LAB`,
        { cause: error },
      );
    }
  }

  /** The environment of a program of the lab's user. */
  get environment(): Readonly<Record<string, string>> {
    const { user, facts } = this;
    const path = `${facts.bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    return { PATH: path, LANG: 'C.UTF-8', HOME: user.home, USER: facts.user, LOGNAME: facts.user };
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
