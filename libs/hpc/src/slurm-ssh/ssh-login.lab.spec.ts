import type { DomainError } from '@meridian/core';
import { writeFileSync } from 'node:fs';
import { labFacts } from '../testing/lab.js';
import { SshConnection, type SshConnectionOptions } from './ssh-connection.js';
import { SshUnreachable } from './ssh-problems.js';
import type { SshSettings } from './ssh-settings.js';
import { PrivateSshd, startAgent } from './testing/private-sshd.js';

let sshd: PrivateSshd;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  sshd = await PrivateSshd.start(labFacts().user);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(() => sshd.remove());

function connectionWith(
  changes: Partial<SshSettings> = {},
  options: Partial<SshConnectionOptions> = {},
): SshConnection {
  const connection = new SshConnection({ settings: sshd.settings(changes), ...options });
  opened.push(connection);
  return connection;
}

const said = async (connection: SshConnection, program = 'echo hello'): Promise<string> =>
  (await connection.run(`${program}\n`)).stdout.toString().trim();

async function problemOf(connection: SshConnection): Promise<DomainError> {
  try {
    await said(connection);
  } catch (error) {
    if (error instanceof SshUnreachable) return error.problem;
    throw error;
  }
  throw new Error('it could log in');
}

describe('logging in', () => {
  it.each([
    ['a key', () => ({})],
    [
      'a key with a passphrase',
      () => ({ privateKeyFile: sshd.path('id_locked'), passphraseFile: sshd.path('passphrase') }),
    ],
  ])('works with %s', async (_, changes) => {
    expect(await said(connectionWith(changes()), 'id -un')).toBe(sshd.user);
  });

  it('works with a real agent, by its socket and by the one of the process', async () => {
    const agent = await startAgent(sshd.directory, sshd.path('id_agent'));
    try {
      const bySocket = connectionWith({ privateKeyFile: null, agentSocket: agent.socket });
      expect(await said(bySocket)).toBe('hello');
      const inherited = connectionWith(
        { privateKeyFile: null, usesAgent: true },
        { inheritedAgent: agent.socket },
      );
      expect(await said(inherited)).toBe('hello');
    } finally {
      agent.stop();
    }
  });

  it.each(['ed25519', 'rsa'] as const)(
    'works with a known_hosts file that has the %s key alone',
    async (type) => {
      writeFileSync(sshd.path('known_hosts'), sshd.knownHost(type));
      const hostKey = { kind: 'known_hosts', file: sshd.path('known_hosts') } as const;
      expect(await said(connectionWith({ hostKey }))).toBe('hello');
    },
  );

  it('with a key that the site does not know says so', async () => {
    const problem = await problemOf(connectionWith({ privateKeyFile: sshd.path('id_stranger') }));
    expect(problem).toMatchObject({ code: 'slurm.key_refused', kind: 'forbidden' });
    expect(problem.message).toContain(sshd.path('id_stranger'));
  });

  it.each([
    ['a file that is not there', () => ({ privateKeyFile: '/nowhere/id' }), 'ENOENT'],
    ['a file that is no key', () => ({ privateKeyFile: sshd.path('config') }), 'Unsupported key format'],
    ['a key without its passphrase', () => ({ privateKeyFile: sshd.path('id_locked') }), 'no passphrase'],
    [
      'a wrong passphrase',
      () => ({ privateKeyFile: sshd.path('id_locked'), passphraseFile: sshd.path('authorized') }),
      'bad passphrase',
    ],
    [
      'an agent that the process does not have',
      () => ({ privateKeyFile: null, usesAgent: true }),
      'SSH_AUTH_SOCK',
    ],
  ])('with %s says so', async (_, changes, reason) => {
    const problem = await problemOf(connectionWith(changes()));
    expect(problem.code).toBe('slurm.key_unusable');
    expect(problem.message).toContain(reason);
  });

  it('with an agent that is gone says so', async () => {
    const problem = await problemOf(connectionWith({ privateKeyFile: null, agentSocket: '/nowhere/agent' }));
    expect(['slurm.key_unusable', 'slurm.key_refused']).toContain(problem.code);
    expect(problem.message).toContain('agent');
  });

  it('sends nothing to a host whose key is another one, and shows both', async () => {
    const pinned = 'SHA256:LbxXRi+IffW6Tr+MxZypZ/wbR54OFOt8ncN48JDOrbo';
    const problem = await problemOf(
      connectionWith({ hostKey: { kind: 'fingerprint', fingerprint: pinned } }),
    );
    expect(problem).toMatchObject({ code: 'slurm.host_key_changed', kind: 'forbidden' });
    expect(problem.message).toContain(pinned);
    expect(problem.message).toContain(sshd.fingerprint);
  });

  it('sends nothing to a host that known_hosts does not have, or has as revoked', async () => {
    const file = sshd.path('known_hosts');
    for (const text of ['', `${sshd.knownHost('ed25519')}@revoked ${sshd.knownHost('ed25519')}`]) {
      writeFileSync(file, text);
      const problem = await problemOf(connectionWith({ hostKey: { kind: 'known_hosts', file } }));
      expect(problem.code).toBe('slurm.host_key_changed');
      expect(problem.message).toContain(sshd.fingerprint);
    }
  });
});
