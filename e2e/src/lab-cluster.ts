import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  lab,
  labBackendConfig,
  labDirectory,
  labFacts,
  systemUser,
  type LabFacts,
  type LabFault,
  type LabSite,
  type SystemUser,
} from '@meridian/hpc/testing';

/** A one-machine cluster: the one that all lab tests share, or one of a test's own that may be broken. */
export class Lab {
  readonly user: SystemUser;

  private constructor(
    readonly directory: string,
    readonly facts: LabFacts,
  ) {
    this.user = systemUser(facts.user);
  }

  /** @throws Error that says how to get one */
  static shared(): Lab {
    return new Lab(labDirectory(), labFacts());
  }

  /** One of the test's own. What an earlier run that was killed left there goes first. */
  static async own(
    directory: string,
    { portBase, options }: { portBase: number; options: readonly string[] },
  ): Promise<Lab> {
    await lab(directory, 'wipe');
    await lab(directory, 'up', '--port-base', String(portBase), ...options);
    return new Lab(directory, labFacts(directory));
  }

  wipe(): Promise<void> {
    return lab(this.directory, 'wipe');
  }

  service(fault: LabFault, name: string): Promise<void> {
    return lab(this.directory, fault, name);
  }

  /** One of Slurm's own commands, as its administrator: what happens behind Meridian's back. */
  slurm(command: string, ...args: readonly string[]): string {
    return execFileSync(join(this.facts.bin, command), args, { encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** A new directory where jobs run, of the user whose jobs they are. */
  newBase(): string {
    return this.give(mkdtempSync(join(this.facts.base_paths.rest, 'e2e-')));
  }

  /** Makes a file or a directory that of the jobs' user. */
  give(path: string): string {
    chownSync(path, this.user.uid, this.user.gid);
    return path;
  }

  /** A token of slurmrestd's that is good for so long. */
  token(seconds: number, user = this.facts.user): string {
    const [program = '', ...options] = this.facts.token_command;
    return execFileSync(program, [...options, String(seconds), user], { encoding: 'utf8' }).trim();
  }

  /** Ends every job that still works below a directory, and removes it. */
  removeBase(base: string): void {
    if (existsSync(this.facts.slurm_conf)) {
      const jobs = this.slurm('squeue', '--noheader', '--format', '%A %Z').split('\n');
      const ours = jobs.filter((line) => line.includes(` ${base}/`)).map((line) => line.split(' ')[0] ?? '');
      if (ours.length > 0) this.slurm('scancel', ...new Set(ours));
    }
    rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  }

  /** How a location reaches this cluster. */
  backendConfig(site: LabSite): Readonly<Record<string, unknown>> {
    return labBackendConfig(this.facts, site);
  }
}
