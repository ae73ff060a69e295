import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { freePort } from './free-port.js';
import type { Home } from './home.js';
import { tailOf } from './log-file.js';
import { postgresAccount } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { postgresBinaries } from './postgres-binaries.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import {
  DATABASE,
  dataDirectoryOf,
  openCluster,
  postgresEnvironment,
  saveClusterSettings,
  stopLeftOverServer,
} from './postgres-cluster.js';
import type { ClusterSettings } from './postgres-cluster.js';
import { waitUntil } from './wait-until.js';

// Durability is never traded for speed; memory is, because this server shares a machine with the science.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '64MB',
  max_connections: '80',
  max_wal_size: '512MB',
  jit: 'off',
  huge_pages: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
} as const;

/** The PostgreSQL server of a home: on the loopback interface, with a random password. */
export class PostgresServer {
  private constructor(
    private readonly home: Home,
    private readonly binaries: PostgresBinaries,
    private readonly account: PostgresAccount | null,
    private readonly settings: ClusterSettings & { readonly port: number },
  ) {}

  /** Finds or makes the home's cluster and a port for it: the one it had before, when that is still free. Starts nothing. */
  static async prepare(home: Home): Promise<PostgresServer> {
    const account = postgresAccount();
    const binaries = postgresBinaries(account);
    const cluster = await openCluster(home, binaries, account);
    const settings = { ...cluster, port: await freePort(cluster.port) };
    saveClusterSettings(home, settings);
    return new PostgresServer(home, binaries, account, settings);
  }

  get url(): string {
    const { user, password, port } = this.settings;
    return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
  }

  /**
   * Starts the server; it may still be recovering when this resolves.
   *
   * It has a session of its own, so that Ctrl-C reaches only the supervisor, which stops it last. Its log goes straight
   * to a file: a pipe would break when the supervisor is killed.
   */
  async launch(): Promise<ChildProcess> {
    await stopLeftOverServer(dataDirectoryOf(this.settings));
    const log = openSync(this.logFile, 'a', 0o600);
    try {
      return spawn(
        this.binaries.postgres,
        [
          '-D',
          dataDirectoryOf(this.settings),
          '-p',
          String(this.settings.port),
          ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        {
          ...this.account,
          cwd: '/',
          env: postgresEnvironment(),
          detached: true,
          stdio: ['ignore', log, log],
        },
      );
    } finally {
      closeSync(log);
    }
  }

  /** Waits until the server takes connections: it says so itself, in the way in which pg_ctl finds out. */
  async waitUntilReady(): Promise<void> {
    if (await waitUntil(() => this.status() === 'ready', { timeoutMs: 60_000 })) return;
    throw new CliError({
      message: `The embedded PostgreSQL did not become ready. The end of its log:\n${tailOf(this.logFile, 10)}`,
      action: `Read ${this.logFile}; "meridian doctor" checks the machine.`,
      exitCode: EXIT_CODES.other,
    });
  }

  // Line 8 of postmaster.pid (LOCK_FILE_LINE_PM_STATUS in PostgreSQL's pidfile.h), padded with blanks.
  private status(): string {
    const file = join(dataDirectoryOf(this.settings), 'postmaster.pid');
    return existsSync(file) ? (readFileSync(file, 'utf8').split('\n')[7] ?? '').trim() : '';
  }

  private get logFile(): string {
    return join(this.home.logs, 'postgres.log');
  }
}
