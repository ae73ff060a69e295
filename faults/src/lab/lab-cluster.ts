import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { JobToken } from '@meridian/core';
import {
  lab,
  labFacts,
  systemUser,
  type LabFacts,
  type LabFault,
  type SystemUser,
} from '@meridian/hpc/testing/lab';
import { tokensOf } from './task-tokens.js';

const execute = promisify(execFile);
const NODES = 3;
const CPUS_OF_A_NODE = 4;
const COMMAND_TIMEOUT_MS = 60_000;

/** One task or job that Slurm has in its queue. */
export interface QueuedJob {
  /** Different for every task of an array: SLURM_JOB_ID of its processes. */
  readonly ownId: number;
  /** As Meridian knows it, `123` or `123_4`. */
  readonly id: string;
  readonly token: JobToken;
  readonly state: string;
  readonly node: string;
  readonly reason: string;
}

/** A one-machine cluster of the harness's own, to be broken: every job in it is Meridian's. */
export class LabCluster {
  private constructor(
    readonly directory: string,
    readonly facts: LabFacts,
    readonly user: SystemUser,
  ) {}

  /** Brings one up; what an earlier harness that was killed left there goes first. @throws Error where there can be none */
  static async up(
    directory: string,
    { portBase, minJobAge }: { portBase: number; minJobAge: number },
  ): Promise<LabCluster> {
    await lab(directory, 'wipe');
    await lab(
      directory,
      'up',
      ...['--port-base', String(portBase), '--min-job-age', String(minJobAge)],
      ...['--nodes', String(NODES), '--cpus', String(CPUS_OF_A_NODE)],
    );
    const facts = labFacts(directory);
    return new LabCluster(directory, facts, systemUser(facts.user));
  }

  wipe = (): Promise<void> => lab(this.directory, 'wipe');

  service = (fault: LabFault, name: string): Promise<void> => lab(this.directory, fault, name);

  /** One of Slurm's own commands, as its administrator. */
  async slurm(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await execute(join(this.facts.bin, command), args, {
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: 2 ** 26,
    });
    return stdout.trim();
  }

  /** Everything of Meridian's in the queue that has not ended, one entry for each task. */
  async queue(...filter: readonly string[]): Promise<QueuedJob[]> {
    const text = await this.slurm('squeue', '-r', '-h', '-o', '%A|%F|%K|%j|%T|%N|%r', ...filter);
    return text.split('\n').flatMap((line): QueuedJob[] => {
      const [own = '', array = '', index = '', name = '', state = '', node = '', reason = ''] =
        line.split('|');
      const id = /^\d+$/.test(index) ? `${array}_${index}` : own;
      return tokensOf(name, index).map((token) => ({ ownId: Number(own), id, token, state, node, reason }));
    });
  }

  /** How many jobs Slurm ever accepted for each token, by its accounting. */
  async submissions(): Promise<Map<JobToken, number>> {
    const args = ['-nPX', '-a', '-S', 'now-1days', '-o', 'JobID,JobName'];
    const counts = new Map<JobToken, number>();
    for (const line of (await this.slurm('sacct', ...args)).split('\n')) {
      const [id = '', name = ''] = line.split('|');
      for (const token of tokensOf(name, id.split('_')[1] ?? ''))
        counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    return counts;
  }

  /** Waits until the controller answers. */
  async awake(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const answers = await this.slurm('scontrol', 'ping').then(
        (text) => / is UP/.test(text),
        () => false,
      );
      if (answers) return;
      if (tries === 60) throw new Error('slurmctld does not answer');
      await sleep(500);
    }
  }
}
