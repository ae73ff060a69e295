import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { JobToken } from '@meridian/core';
import { tokensOf } from './task-tokens.js';

const execute = promisify(execFile);
const LAB_PROGRAM = join(__dirname, '..', '..', '..', 'tools', 'lab.mjs');
const NODES = 3;
const CPUS_OF_A_NODE = 4;
const COMMAND_TIMEOUT_MS = 60_000;

/** What `npm run lab -- up` wrote down, as far as it is used here. */
interface LabFacts {
  readonly rest_url: string;
  readonly ssh_host: string;
  readonly ssh_port: number;
  readonly ssh_user: string;
  readonly ssh_key_file: string;
  readonly ssh_host_key: string;
  readonly user: string;
  readonly token_command: readonly string[];
  readonly nodes: readonly string[];
  readonly bin: string;
}

/** A user of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

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

/** What one may do to a service of the cluster. */
export type ServiceFault = 'start' | 'stop' | 'restart' | 'pause' | 'resume';

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
    await labProgram(directory, 'wipe');
    await labProgram(
      directory,
      'up',
      ...['--port-base', String(portBase), '--min-job-age', String(minJobAge)],
      ...['--nodes', String(NODES), '--cpus', String(CPUS_OF_A_NODE)],
    );
    const facts = JSON.parse(readFileSync(join(directory, 'lab.json'), 'utf8')) as LabFacts;
    return new LabCluster(directory, facts, await systemUser(facts.user));
  }

  wipe = (): Promise<void> => labProgram(this.directory, 'wipe');

  service = (fault: ServiceFault, name: string): Promise<void> => labProgram(this.directory, fault, name);

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

async function labProgram(directory: string, ...args: readonly string[]): Promise<void> {
  await execute(process.execPath, [LAB_PROGRAM, ...args, '--state', directory]);
}

async function systemUser(name: string): Promise<SystemUser> {
  const { stdout } = await execute('getent', ['passwd', name]);
  const fields = stdout.trim().split(':');
  return { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? '/' };
}
