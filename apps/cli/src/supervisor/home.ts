import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Where one Meridian on this machine keeps everything. */
export interface Home {
  readonly path: string;
  readonly logs: string;
  /** Base of the local processing location. */
  readonly work: string;
  readonly record: string;
  readonly lock: string;
  readonly token: string;
  readonly database: string;
}

/** The names inside a home; nothing is created. */
export function homeAt(path: string): Home {
  const inside = (name: string): string => join(path, name);
  return {
    path,
    logs: inside('logs'),
    work: inside('work'),
    record: inside('supervisor.json'),
    lock: inside('supervisor.lock'),
    token: inside('api-token'),
    database: inside('database.json'),
  };
}

/** `MERIDIAN_HOME`, else `.meridian` in the checkout this program belongs to, else in the current directory. */
export function defaultHomePath(configured: string | undefined, cwd: string): string {
  if (configured !== undefined && configured !== '') return resolve(cwd, configured);
  return join(checkoutRoot() ?? cwd, '.meridian');
}

/** The checkout that this file was built in; null for an installed package. */
export function checkoutRoot(): string | null {
  const root = resolve(__dirname, '../../../..');
  try {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name?: string };
    return manifest.name === '@meridian/source' ? root : null;
  } catch {
    return null;
  }
}

/** Creates a home and its directories. A CliError names what stands in the way. */
export function createHome(home: Home): void {
  try {
    for (const directory of [home.path, home.logs, home.work]) mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new CliError({
      message: `The state directory ${home.path} cannot be created: ${messageOf(error)}.`,
      action: 'Name a directory that you may write to: --home DIR, or MERIDIAN_HOME=DIR.',
      exitCode: EXIT_CODES.usage,
    });
  }
}

/** Writes a file whole or not at all, readable for its owner only. */
export function writePrivately(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** A JSON file's value; null when it is absent or was cut short. */
export function readJsonFile(path: string): unknown {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
