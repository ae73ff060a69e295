import type { DomainError } from '@meridian/core';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';
import { labFacts } from '../testing/lab.js';
import { SshConnection, type SshConnectionOptions } from './ssh-connection.js';
import { SshUnreachable } from './ssh-problems.js';
import type { SshSettings } from './ssh-settings.js';
import { freePort, PrivateSshd, until } from './testing/private-sshd.js';
import { TcpProxy } from './testing/tcp-proxy.js';

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

async function proxied(): Promise<TcpProxy> {
  const proxy = await TcpProxy.to(sshd.port);
  opened.push(proxy);
  return proxy;
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

describe('a host that is down', () => {
  it('is told at once, and not asked again before its time', async () => {
    let now = 0;
    const proxy = await proxied();
    await sshd.stop();
    try {
      const connection = connectionWith({ port: proxy.port }, { now: () => now });
      for (let call = 0; call < 20; call++)
        expect((await problemOf(connection)).code).toBe('slurm.unreachable');
      expect(proxy.connections).toBe(1);
      now = 501;
      await problemOf(connection);
      await problemOf(connection);
      expect(proxy.connections).toBe(2);
      now = 1400;
      await problemOf(connection);
      expect(proxy.connections).toBe(2);
    } finally {
      await sshd.resume();
    }
  });

  it.each([
    ['a port where nobody listens', async () => ({ port: await freePort() }), 'ECONNREFUSED'],
    ['a name that nobody has', async () => ({ host: 'no-such-host.invalid' }), 'no-such-host.invalid'],
  ])('as %s is a problem in words', async (_, changes, reason) => {
    const problem = await problemOf(connectionWith(await changes()));
    expect(problem.code).toBe('slurm.unreachable');
    expect(problem.message).toContain(reason);
  });

  it('is used again once it is back', async () => {
    const connection = connectionWith();
    expect(await said(connection)).toBe('hello');
    await sshd.stop();
    await until(async () => (await problemOf(connection).catch(() => null))?.code === 'slurm.unreachable');
    await sshd.resume();
    await until(() =>
      said(connection).then(
        (text) => text === 'hello',
        () => false,
      ),
    );
  });
});

describe('a connection that is lost', () => {
  it('while a command runs leaves no word of how it ended, and the command goes on', async () => {
    const proxy = await proxied();
    const connection = connectionWith({ port: proxy.port });
    const [started, go, done] = ['started', 'go', 'done'].map((name) => sshd.path(`open/cut-${name}`));
    const running = connection.run(
      `f() {\ntouch ${started}\nuntil [ -e ${go} ]; do sleep 0.05; done\ntouch ${done}\necho over\n}\nf\n`,
    );
    await until(() => existsSync(started ?? ''));
    proxy.cut();
    expect(await running).toMatchObject({ code: null, signal: null, stdout: Buffer.alloc(0) });
    writeFileSync(go ?? '', '');
    await until(() => existsSync(done ?? ''));
  });

  it('is opened again by the next call', async () => {
    const proxy = await proxied();
    const connection = connectionWith({ port: proxy.port });
    expect(await said(connection)).toBe('hello');
    proxy.cut();
    await until(() =>
      said(connection).then(
        (text) => text === 'hello',
        () => false,
      ),
    );
    expect(proxy.connections).toBe(2);
  });

  it('before the program was sent proves that it did not run, also when the network wakes up later', async () => {
    const proxy = await proxied();
    const connection = connectionWith({ port: proxy.port, timeoutSeconds: 1 });
    await said(connection);
    proxy.hold();
    const file = sshd.path('open/late');
    await expect(connection.run(`touch ${file}\n`)).rejects.toThrow(SlurmUnreachable);
    proxy.release();
    expect(await said(connection, `ls ${sshd.path('open')}`)).not.toContain('late');
  });

  it('is noticed by keepalives when nobody says so', async () => {
    const proxy = await proxied();
    const connection = connectionWith({ port: proxy.port, keepaliveSeconds: 1, timeoutSeconds: 30 });
    await said(connection);
    proxy.hold();
    await expect(connection.run('true\n')).rejects.toThrow(SlurmUnreachable);
  });
});

describe('commands', () => {
  it('share one connection, no more at a time than there are channels', async () => {
    const proxy = await proxied();
    const connection = connectionWith({ port: proxy.port, channels: 3 });
    const log = sshd.path('open/channels');
    await said(connection, `: >${log}`);
    const program = `f() {\necho + >>${log}\nsleep 0.1\necho - >>${log}\necho done\n}\nf\n`;
    const answers = await Promise.all(Array.from({ length: 24 }, () => said(connection, program)));
    expect(new Set(answers)).toEqual(new Set(['done']));
    expect(proxy.connections).toBe(1);
    let [running, most] = [0, 0];
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
      running += line === '+' ? 1 : -1;
      most = Math.max(most, running);
    }
    expect(most).toBe(3);
  });

  it('bring their exit code, signal and both outputs', async () => {
    const connection = connectionWith();
    const output = await connection.run('f() {\necho out\necho err >&2\nexit 3\n}\nf\n');
    expect(output).toEqual({
      code: 3,
      signal: null,
      stdout: Buffer.from('out\n'),
      stderr: Buffer.from('err\n'),
    });
    expect(await connection.run('kill -TERM $$\n')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('that say nothing in time leave silence, and the connection usable', async () => {
    const connection = connectionWith({ timeoutSeconds: 1 });
    await expect(connection.run('sleep 20\n')).rejects.toThrow(SlurmSilence);
    expect(await said(connection)).toBe('hello');
  });

  it('that say too much leave silence, and the connection usable', async () => {
    const connection = connectionWith();
    await expect(connection.run('yes | head -c 80000000\n')).rejects.toThrow(/longer than/);
    expect(await said(connection)).toBe('hello');
  });

  it('beyond what the site allows are run when there is room', async () => {
    const connection = connectionWith({ channels: 14 });
    const answers = await Promise.all(
      Array.from({ length: 14 }, () => said(connection, 'sleep 0.5; echo done')),
    );
    expect(answers).toHaveLength(14);
  });

  it('for which there is no room for seconds are not run, and say so', async () => {
    const connection = connectionWith({ channels: 14 });
    const answers = await Promise.allSettled(
      Array.from({ length: 14 }, () => said(connection, 'sleep 6; echo done')),
    );
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(4);
    for (const answer of refused)
      expect(answer).toMatchObject({ reason: expect.any(SlurmUnreachable) as unknown });
  });

  it('are refused once the connection was closed', async () => {
    const connection = connectionWith();
    await said(connection);
    await connection.close();
    await expect(said(connection)).rejects.toThrow(SlurmUnreachable);
  });
});
