import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const LAB_PROGRAM = join(__dirname, '..', '..', '..', '..', 'tools', 'lab.mjs');

/** What `npm run lab -- up` wrote down about the one-machine cluster; docs/lab.md explains each. */
export interface LabFacts {
  readonly slurm_version: string;
  readonly rest_url: string;
  readonly rest_api_versions: readonly string[];
  readonly ssh_host: string;
  readonly ssh_port: number;
  readonly ssh_user: string;
  readonly ssh_key_file: string;
  /** `SHA256:…` */
  readonly ssh_host_key: string;
  readonly cluster: string;
  readonly slurm_conf: string;
  /** Jobs run as this user of the machine. */
  readonly user: string;
  readonly other_user: string;
  readonly other_ssh_key_file: string;
  readonly base_paths: { readonly rest: string; readonly ssh: string };
  /** Prints a token of `user`. */
  readonly token_command: readonly string[];
  readonly has_accounting: boolean;
  readonly has_cgroup: boolean;
  /** A SIF file with node and a shell. */
  readonly image: string;
  readonly nodes: readonly string[];
  /** sbatch, squeue and the others, of this cluster. */
  readonly bin: string;
}

/** The directory of the lab that tests use: MERIDIAN_LAB, or where `npm run lab -- up` puts it. */
export const labDirectory = (): string => process.env['MERIDIAN_LAB'] ?? '/var/lib/meridian-lab';

/** @throws Error that says how to get a lab when none is up */
export function labFacts(directory = labDirectory()): LabFacts {
  const path = join(directory, 'lab.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LabFacts;
  } catch (error) {
    throw new Error(
      `this needs the one-machine cluster: start it with "npm run lab -- up", or name it by MERIDIAN_LAB (${path}: ${String(error)})`,
    );
  }
}

/** The locations of docs/lab.md, each another way to the same cluster. */
export const LAB_SITES = ['lab-rest', 'lab-ssh'] as const;
export type LabSite = (typeof LAB_SITES)[number];

/** How a location reaches this cluster. */
export const labBackendConfig = (facts: LabFacts, site: LabSite): Readonly<Record<string, unknown>> =>
  site === 'lab-rest'
    ? { url: facts.rest_url, user: facts.user, token: { command: facts.token_command }, partition: 'debug' }
    : {
        host: facts.ssh_host,
        port: facts.ssh_port,
        user: facts.ssh_user,
        private_key_file: facts.ssh_key_file,
        host_key: facts.ssh_host_key,
        partition: 'debug',
      };

/** What somebody may do to a service of a lab of his own while Meridian works. */
export type LabFault = 'start' | 'stop' | 'restart' | 'pause' | 'resume';

/** What `npm run lab` does, to the lab in this directory. */
export async function lab(directory: string, ...args: readonly string[]): Promise<void> {
  await execute(process.execPath, [LAB_PROGRAM, ...args, '--state', directory]);
}

/** A user of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** @throws Error when there is none of that name */
export function systemUser(name: string): SystemUser {
  const entry = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).trim().split(':');
  return { name, uid: Number(entry[2]), gid: Number(entry[3]), home: entry[5] ?? '/' };
}
