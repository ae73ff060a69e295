import { DomainError } from '@meridian/core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';
import type { SlurmSshClient } from './slurm-ssh-client.js';
import { LoginNode, once } from './testing/login-node.js';
import { freePort, PrivateSshd } from './testing/private-sshd.js';

const node = new LoginNode();
const { lab, directory } = node;

afterEach(() => node.closeClients());
afterAll(() => node.leave());

async function problemOf(client: SlurmSshClient): Promise<DomainError> {
  const error = await client.describe().then(
    () => new Error('there is no problem'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw error;
  return error;
}

describe('describe', () => {
  it('tells version, limits and partitions', async () => {
    const site = await node.client().describe();
    expect(site).toMatchObject({
      version: lab.slurm_version,
      cluster: lab.cluster,
      hasAccounting: lab.has_accounting,
      details: { login: `${lab.ssh_user}@${lab.ssh_host}:${lab.ssh_port}`, message_timeout_seconds: 30 },
    });
    expect(site.partitions.map(({ name, isUp, maxMinutes }) => [name, isUp, maxMinutes])).toEqual([
      ['debug', true, 60],
      ['batch', true, 10_080],
      ['small', true, 10],
    ]);
    expect(site.maxArraySize).toBeGreaterThan(1000);
    expect(site.messageTimeoutSeconds).toBeGreaterThan(30);
  });

  it.each([
    ['slurm.unreachable', async () => ({ port: await freePort() })],
    ['slurm.key_refused', async () => ({ privateKeyFile: lab.other_ssh_key_file })],
    ['slurm.key_unusable', async () => ({ privateKeyFile: '/nowhere/id' })],
    [
      'slurm.host_key_changed',
      async () => ({
        hostKey: { kind: 'fingerprint', fingerprint: `SHA256:${'A'.repeat(43)}` } as const,
      }),
    ],
    ['slurm.command_missing', async () => ({ commandsDirectory: '/nowhere/bin' })],
    ['slurm.unanswered', async () => ({ slurmConf: '/dev/null' })],
  ])('%s is a sentence and what to do', async (code, changes) => {
    const problem = await problemOf(node.client(await changes()));
    expect(problem.code).toBe(code);
    expect(problem.message).toMatch(/^[^\n]{10,400}\.$/);
    expect(problem.action).toMatch(/^[^\n]{10,400}\.$/);
  });
});

describe('a site with an odd login shell', () => {
  const sites: PrivateSshd[] = [];
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.remove();
  });

  /** `LOGIN` in the command stands for what goes on to the lab's own login node. */
  async function clientBehind(forcedCommand: string): Promise<SlurmSshClient> {
    const options = '-q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null';
    const login = `ssh ${options} -i ${lab.ssh_key_file} -p ${lab.ssh_port} ${lab.ssh_user}@${lab.ssh_host}`;
    const profile = 'SQUEUE_FORMAT=%A SQUEUE_STATES=TIMEOUT SBATCH_ARRAY_INX=0-99';
    const command = forcedCommand.replace('LOGIN', `${login} "${profile} $SSH_ORIGINAL_COMMAND"`);
    const sshd = await PrivateSshd.start(lab.user, [`ForceCommand ${command}`]);
    sites.push(sshd);
    return node.client(sshd.settings());
  }

  it('that greets and says goodbye is understood, and what its profile sets is ignored', async () => {
    const client = await clientBehind('echo "4711"; echo Welcome >&2; LOGIN; echo bye; false');
    expect((await client.describe()).version).toBe(lab.slurm_version);
    const job = node.submission('exit 4');
    const id = await node.submit(client, job);
    expect(id).not.toBe(4711);
    expect(await once(client, id, 'FAILED')).toMatchObject({ key: { kind: 'single', id } });
  });

  it('that cuts answers off says nothing: no job is absent, accepted or refused', async () => {
    const client = await clientBehind('LOGIN | head -c 120');
    await expect(client.listJobs()).rejects.toThrow(SlurmSilence);
    await expect(client.listStates([1])).rejects.toThrow(SlurmSilence);
    await expect(client.account({ kind: 'ids', ids: [1] })).rejects.toThrow(SlurmSilence);
    expect((await problemOf(client)).code).toBe('slurm.answer_unreadable');
  });

  it('that runs something else is told so', async () => {
    const client = await clientBehind('echo "This account is not available."; cat >/dev/null');
    await expect(client.submit(node.submission('true'))).rejects.toThrow(SlurmSilence);
    expect((await problemOf(client)).code).toBe('slurm.answer_unreadable');
  });

  it('that loses the second half of a program runs none of it', async () => {
    const client = await clientBehind('head -c 2500 | LOGIN');
    const file = join(directory, 'half');
    const job = node.submission(`touch ${file}\n#${'x'.repeat(5000)}`);
    await expect(client.submit(job)).rejects.toThrow(SlurmSilence);
    expect((await node.client().listJobs()).filter(({ name }) => name === job.name)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it('whose Slurm commands cannot be run was not asked', async () => {
    const client = node.client({ commandsDirectory: '/nowhere/bin' });
    await expect(client.submit(node.submission('true'))).rejects.toThrow(SlurmUnreachable);
  });
});
