import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './embedded-server.js';

const execute = promisify(execFile);

/** Debian's PostgreSQL, the oldest that Meridian works with, with its own tools for dumps. The lab installs it. */
const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin';

export interface DebianServer {
  /** The address of a database. */
  urlOf(database: string): string;
  remove(): Promise<void>;
}

/** Starts a server of a test's own, on loopback. */
export async function startDebianServer(): Promise<DebianServer> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-debian-'));
  await chmod(directory, 0o755);
  const account = accountOfPostgres();
  if (account !== null) await chown(directory, account.uid, account.gid);
  const run = { cwd: directory, ...account };
  const data = join(directory, 'data');
  const initial = ['-D', data, '-U', 'meridian', '-A', 'trust', '--no-sync', '--locale=C', '--encoding=UTF8'];
  await execute(join(DEBIAN_POSTGRES, 'initdb'), initial, run);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const server = spawn(
    join(DEBIAN_POSTGRES, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { stdio: 'ignore', ...run },
  );
  const urlOf = (database: string): string => `postgresql://meridian@127.0.0.1:${port}/${database}`;
  const ended = once(server, 'exit');
  await waitForServer(urlOf('postgres'));
  return {
    urlOf,
    remove: async () => {
      server.kill('SIGINT');
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

/** Dumps a database with `pg_dump`, and restores it into an empty one with `pg_restore`, as an operator would. */
export async function dumpAndRestore(from: string, to: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-dump-'));
  try {
    const dump = join(directory, 'meridian.dump');
    await execute(join(DEBIAN_POSTGRES, 'pg_dump'), ['--format=custom', `--file=${dump}`, from]);
    await execute(join(DEBIAN_POSTGRES, 'pg_restore'), ['--exit-on-error', `--dbname=${to}`, dump]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** PostgreSQL does not run as root. */
function accountOfPostgres(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function waitForServer(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}
