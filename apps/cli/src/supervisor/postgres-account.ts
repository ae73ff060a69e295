import { execFileSync, spawnSync } from 'node:child_process';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Whom PostgreSQL runs as: PostgreSQL refuses to run as root. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Null when this process is not root and simply runs PostgreSQL itself; as root the user `postgres`, created if there is none. */
export function postgresAccount(): PostgresAccount | null {
  if (process.getuid?.() !== 0) return null;
  const existing = lookUp();
  if (existing !== null) return existing;
  spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]);
  const created = lookUp();
  if (created !== null) return created;
  throw new CliError({
    message:
      'PostgreSQL does not run as root, and there is no user "postgres" to run it as (creating one failed).',
    action:
      'Start Meridian as another user, create the user with "useradd --system postgres", or set DATABASE_URL to your own server.',
    exitCode: EXIT_CODES.other,
  });
}

function lookUp(): PostgresAccount | null {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

/** True when the account can reach and use a directory: asked of the system itself, so that ACLs and mounts count too. */
export function canUse(account: PostgresAccount | null, directory: string): boolean {
  if (account === null) return true;
  const asked = spawnSync('/bin/sh', ['-c', 'cd "$0" && test -r . && test -x .', directory], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  return asked.status === 0;
}
