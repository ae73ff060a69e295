import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { Home } from './home.js';
import { readJsonFile, writePrivately } from './home.js';
import { canUse } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { SYSTEM_STATE } from './postgres-binaries.js';
import { commandLineOf, identify } from './process-identity.js';
import { POSTGRES_STOP, stopProcess } from './stop-process.js';

/** The ops-db's name in an embedded server. */
export const DATABASE = 'meridian';

/** Beside a cluster: the path of the home it belongs to. */
const OWNER_FILE = 'home';

/** `database.json` of a home: everything needed to start its PostgreSQL again and to log in. */
export interface ClusterSettings {
  /** Also written into the cluster's directory: tells a cluster of this home from one that an erased home left behind. */
  readonly id: string;
  readonly directory: string;
  readonly port: number | null;
  readonly user: string;
  readonly password: string;
}

export const dataDirectoryOf = (settings: ClusterSettings): string => join(settings.directory, 'data');

/** Where a home's database lies; null when it has none. */
export function storedDataDirectory(home: Home): string | null {
  const settings = settingsOf(home);
  return settings === null ? null : dataDirectoryOf(settings);
}

export function saveClusterSettings(home: Home, settings: ClusterSettings): void {
  writePrivately(home.database, `${JSON.stringify(settings, null, 2)}\n`);
}

/**
 * The home's cluster, initialised when it is new, with no server running on it.
 *
 * It lies in the home, or below /var/lib/meridian when the account that runs PostgreSQL cannot reach the home. A server
 * that a killed supervisor left running is stopped properly first.
 */
export async function openCluster(
  home: Home,
  binaries: PostgresBinaries,
  account: PostgresAccount | null,
): Promise<ClusterSettings> {
  const settings = settingsOf(home) ?? (await newSettings(home, account));
  // Before there is a database that only they open.
  saveClusterSettings(home, settings);
  const data = dataDirectoryOf(settings);
  await stopLeftOverServer(data);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(settings, binaries, { account, home });
  return settings;
}

function settingsOf(home: Home): ClusterSettings | null {
  const value = readJsonFile(home.database);
  if (!isJsonObject(value)) return null;
  const settings = value as unknown as ClusterSettings;
  const idFile = join(settings.directory, 'id');
  return !existsSync(idFile) || readFileSync(idFile, 'utf8') === settings.id ? settings : null;
}

async function newSettings(home: Home, account: PostgresAccount | null): Promise<ClusterSettings> {
  const inHome = canUse(account, home.path);
  const directory = inHome
    ? join(home.path, 'postgres')
    : join(SYSTEM_STATE, createHash('sha256').update(home.path).digest('hex').slice(0, 16));
  if (inHome && existsSync(join(directory, 'data'))) {
    throw new CliError({
      message: `${home.database} is missing or unreadable, so nobody can log in to the database in ${directory}.`,
      action: `Restore that file from a backup, or remove ${home.path} to start anew.`,
      exitCode: EXIT_CODES.other,
    });
  }
  if (!inHome) await removeAbandonedClusters();
  // Outside the home: the database of a home that somebody erased in order to start anew.
  await stopLeftOverServer(join(directory, 'data'));
  rmSync(directory, { recursive: true, force: true });
  return {
    id: randomBytes(12).toString('hex'),
    directory,
    port: null,
    user: 'meridian',
    password: randomBytes(24).toString('base64url'),
  };
}

/**
 * Removes databases below /var/lib/meridian whose home was in the system's temporary directory and is gone: tests and
 * trials leave them. Any other missing home may be on a disk that is not mounted just now.
 */
async function removeAbandonedClusters(): Promise<void> {
  if (!existsSync(SYSTEM_STATE)) return;
  for (const name of readdirSync(SYSTEM_STATE)) {
    const ownerFile = join(SYSTEM_STATE, name, OWNER_FILE);
    const owner = existsSync(ownerFile) ? readFileSync(ownerFile, 'utf8') : '';
    if (!owner.startsWith(`${tmpdir()}/`) || existsSync(owner)) continue;
    await stopLeftOverServer(join(SYSTEM_STATE, name, 'data'));
    rmSync(join(SYSTEM_STATE, name), { recursive: true, force: true });
  }
}

// initdb into another name, then rename: a power cut in between leaves nothing that looks like a database.
function initialise(
  settings: ClusterSettings,
  binaries: PostgresBinaries,
  { account, home }: { readonly account: PostgresAccount | null; readonly home: Home },
): void {
  const fresh = join(settings.directory, 'data.new');
  const passwordFile = join(settings.directory, 'password');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(settings.directory, { recursive: true });
  chmodSync(settings.directory, 0o755);
  writeFileSync(join(settings.directory, 'id'), settings.id);
  writeFileSync(join(settings.directory, OWNER_FILE), home.path);
  writeFileSync(passwordFile, `${settings.password}\n`, { mode: 0o600 });
  if (account !== null)
    for (const path of [settings.directory, passwordFile]) chownSync(path, account.uid, account.gid);
  const flags = [
    '--auth=scram-sha-256',
    `--username=${settings.user}`,
    `--pwfile=${passwordFile}`,
    '--locale=C',
    '--encoding=UTF8',
  ];
  run(binaries.initdb, [`--pgdata=${fresh}`, ...flags], { settings, account });
  rmSync(passwordFile, { force: true });
  // Single-user mode, as initdb itself does it: no server has to run for it.
  run(binaries.postgres, ['--single', '-D', fresh, 'postgres'], {
    settings,
    account,
    input: `CREATE DATABASE ${DATABASE}\n`,
  });
  renameSync(fresh, dataDirectoryOf(settings));
}

interface ProgramRun {
  readonly settings: ClusterSettings;
  readonly account: PostgresAccount | null;
  readonly input?: string;
}

function run(program: string, args: readonly string[], { settings, account, input = '' }: ProgramRun): void {
  const done = spawnSync(program, args, {
    ...account,
    cwd: '/',
    env: postgresEnvironment(),
    encoding: 'utf8',
    input,
  });
  if (done.status === 0) return;
  throw new CliError({
    message: `The embedded database could not be created in ${settings.directory}: ${done.error?.message ?? done.stderr.trim()}`,
    action: 'Check free space and permissions there, or set DATABASE_URL to a PostgreSQL server of your own.',
    exitCode: EXIT_CODES.other,
  });
}

/** PostgreSQL gets an environment of its own: nothing of the caller's PG* variables, no secrets. */
export const postgresEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
});

/**
 * Stops the server that `postmaster.pid` names if it really is one of this directory, and removes the file; true when it did.
 *
 * The number may belong to another program by now; PostgreSQL itself would refuse to start then.
 */
export async function stopLeftOverServer(data: string): Promise<boolean> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  const identity = identify(pid);
  const isOurs = identity !== null && commandLineOf(pid).includes(data);
  if (isOurs) await stopProcess(identity, POSTGRES_STOP);
  rmSync(file, { force: true });
  return isOurs;
}
