import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshSettings } from '../ssh-settings.js';

const PASSPHRASE = 'a phrase with spaces';

/** A real sshd of this test alone, on loopback: it can be stopped, and told to do odd things. Needs root, as the lab does. */
export class PrivateSshd {
  readonly directory = mkdtempSync(join(tmpdir(), 'meridian-sshd-'));
  private process: ChildProcess | null = null;
  private constructor(
    readonly port: number,
    readonly user: string,
  ) {}

  /** `settings`: lines of sshd_config. */
  static async start(user: string, settings: readonly string[] = []): Promise<PrivateSshd> {
    const sshd = new PrivateSshd(await freePort(), user);
    sshd.prepare(settings);
    await sshd.resume();
    return sshd;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Of the host's ed25519 key. */
  get fingerprint(): string {
    return (
      execFileSync('ssh-keygen', ['-lf', this.path('host_ed25519.pub')])
        .toString()
        .split(' ')[1] ?? ''
    );
  }

  /** How to log in there. */
  settings(changes: Partial<SshSettings> = {}): SshSettings {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: this.user,
      privateKeyFile: this.path('id'),
      passphraseFile: null,
      usesAgent: false,
      agentSocket: null,
      hostKey: { kind: 'fingerprint', fingerprint: this.fingerprint },
      commandsDirectory: null,
      slurmConf: null,
      channels: 8,
      timeoutSeconds: 10,
      keepaliveSeconds: 15,
      ...changes,
    };
  }

  /** A line of known_hosts for one of the host's keys. */
  knownHost(type: 'ed25519' | 'rsa'): string {
    return `[127.0.0.1]:${this.port} ${readFileSync(this.path(`host_${type}.pub`), 'utf8')}`;
  }

  /** Listens again, on the same port. */
  async resume(): Promise<void> {
    this.process = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', this.path('config')], { stdio: 'ignore' });
    await until(() => accepts(this.port));
  }

  /** Ends the connections as well: the processes that serve them outlive the one that listens. */
  async stop(): Promise<void> {
    const { process } = this;
    this.process = null;
    if (process?.pid === undefined) return;
    const serving = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill();
    await ended;
    for (const pid of serving.trim().split(' ').filter(Boolean)) kill(Number(pid));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private prepare(settings: readonly string[]): void {
    chmodSync(this.directory, 0o755);
    mkdirSync('/run/sshd', { recursive: true });
    mkdirSync(this.path('open'));
    chmodSync(this.path('open'), 0o777);
    const makeKey = (name: string, type: string, passphrase = ''): void => {
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', this.path(name)]);
    };
    makeKey('host_ed25519', 'ed25519');
    makeKey('host_rsa', 'rsa');
    makeKey('id', 'ed25519');
    makeKey('id_locked', 'ed25519', PASSPHRASE);
    makeKey('id_agent', 'rsa');
    makeKey('id_stranger', 'ed25519');
    writeFileSync(this.path('passphrase'), `${PASSPHRASE}\n`);
    const keys = ['id', 'id_locked', 'id_agent'].map((name) =>
      readFileSync(this.path(`${name}.pub`), 'utf8'),
    );
    writeFileSync(this.path('authorized'), keys.join(''));
    const config = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${this.path('host_ed25519')}`,
      `HostKey ${this.path('host_rsa')}`,
      'PidFile none',
      `AuthorizedKeysFile ${this.path('authorized')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'Subsystem sftp internal-sftp',
      ...settings,
    ];
    writeFileSync(this.path('config'), `${config.join('\n')}\n`);
  }
}

/** A real ssh-agent that holds one key. */
export async function startAgent(
  directory: string,
  keyFile: string,
): Promise<{ socket: string; stop(): void }> {
  const socket = join(directory, 'agent.socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  await until(() => accepts(socket));
  execFileSync('ssh-add', ['-q', keyFile], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: 'ignore',
  });
  return { socket, stop: () => void agent.kill() };
}

/** Asks until it is so; fails after 20 s. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${String(isSo)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A port where nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(where: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its connection.
  }
}
