import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** sbatch, squeue and the others, of this cluster. */
  readonly bin: string;
}

/** The directory of the lab that tests use: MERIDIAN_LAB, or where `npm run lab -- up` puts it. */
export const labDirectory = (): string => process.env['MERIDIAN_LAB'] ?? '/var/lib/meridian-lab';

/** @throws Error that says how to get a lab when none is up */
export function labFacts(): LabFacts {
  const path = join(labDirectory(), 'lab.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LabFacts;
  } catch (error) {
    throw new Error(
      `these tests need the one-machine cluster: start it with "npm run lab -- up" (${path}: ${String(error)})`,
    );
  }
}
