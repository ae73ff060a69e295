import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SlurmJob, SlurmSubmission } from '../../slurm/slurm-client.js';
import { labFacts } from '../../testing/lab.js';
import { SlurmSshClient, type SlurmSshClientOptions } from '../slurm-ssh-client.js';
import type { SshSettings } from '../ssh-settings.js';
import { until } from './private-sshd.js';

/** The lab's own login node, with clients, jobs and a directory that are gone afterwards. */
export class LoginNode {
  readonly lab = labFacts();
  readonly directory = mkdtempSync(join(this.lab.base_paths.ssh, 'client-'));
  private readonly clients: SlurmSshClient[] = [];
  private readonly jobIds: number[] = [];

  constructor() {
    chmodSync(this.directory, 0o777);
  }

  client(changes: Partial<SshSettings> = {}, options: Partial<SlurmSshClientOptions> = {}): SlurmSshClient {
    const { lab } = this;
    const job = { partition: 'debug', account: null, qos: null, reservation: null, constraint: null };
    const settings: SshSettings = {
      host: lab.ssh_host,
      port: lab.ssh_port,
      user: lab.ssh_user,
      privateKeyFile: lab.ssh_key_file,
      passphraseFile: null,
      usesAgent: false,
      agentSocket: null,
      hostKey: { kind: 'fingerprint', fingerprint: lab.ssh_host_key },
      commandsDirectory: null,
      slurmConf: null,
      channels: 8,
      timeoutSeconds: 45,
      keepaliveSeconds: 15,
      ...changes,
    };
    const client = new SlurmSshClient({ settings, job, ...options });
    this.clients.push(client);
    return client;
  }

  submission(script: string, changes: Partial<SlurmSubmission> = {}): SlurmSubmission {
    return {
      // The cluster remembers what other specs of this process ran.
      name: `client-${randomUUID()}`,
      comment: 'it\'s a test; of "slurm-ssh" $(date)',
      script: `#!/bin/sh\n${script}\n`,
      workingDirectory: this.directory,
      stdoutPath: '/dev/null',
      stderrPath: '/dev/null',
      resources: { cpus: 1, memoryMb: 50, walltimeMinutes: 5 },
      indices: null,
      ...changes,
    };
  }

  async submit(client: SlurmSshClient, job: SlurmSubmission): Promise<number> {
    const { jobId } = await client.submit(job);
    this.jobIds.push(jobId);
    return jobId;
  }

  async closeClients(): Promise<void> {
    for (const client of this.clients.splice(0)) await client.close();
  }

  async leave(): Promise<void> {
    await this.client().cancel(this.jobIds.map(String));
    await this.closeClients();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The rows of one job or array. */
export const rowsOf = (jobs: readonly SlurmJob[], id: number): SlurmJob[] =>
  jobs.filter(({ key }) => (key.kind === 'single' ? key.id : key.arrayId) === id);

/** The row of a single job once it is in that state. */
export async function once(client: SlurmSshClient, id: number, state: string): Promise<SlurmJob> {
  let row: SlurmJob | undefined;
  await until(async () => {
    row = rowsOf(await client.listStates([id]), id)[0];
    return row?.states[0] === state;
  });
  if (row === undefined) throw new Error('it is there');
  return row;
}
