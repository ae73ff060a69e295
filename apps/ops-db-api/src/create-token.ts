import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { DomainError, messageOf, readSettings } from '@meridian/core';
import { opsDataSource } from '@meridian/ops-db';
import { DATABASE_SETTINGS } from './api.config.js';
import { newApiToken } from './auth/api-token.js';
import { replaceToken } from './auth/replace-token.js';
import { ROLES, type Role } from './auth/roles.js';

const USAGE = `usage: create-token --name <name> --role <${ROLES.join('|')}> [--expires-days <n>] [--replace]

Prints a new API token once; only its hash is stored. With --replace a token of the same name is replaced.
`;

class UsageError extends Error {}

interface Request {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: Date | null;
  readonly replace: boolean;
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        name: { type: 'string' },
        role: { type: 'string' },
        'expires-days': { type: 'string' },
        replace: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${USAGE}`);
  }
}

function readRequest(args: readonly string[], now: Date): Request {
  const values = readOptions(args);
  const role = ROLES.find((one) => one === values.role);
  if (values.name === undefined || values.name === '' || role === undefined) throw new UsageError(USAGE);
  const days = values['expires-days'] === undefined ? null : Number(values['expires-days']);
  if (days !== null && !(days > 0)) throw new UsageError(USAGE);
  const expiresAt = days === null ? null : new Date(now.getTime() + days * 86_400_000);
  return { name: values.name, role, expiresAt, replace: values.replace };
}

async function main(): Promise<void> {
  const request = readRequest(process.argv.slice(2), new Date());
  const { databaseUrl: url } = readSettings(DATABASE_SETTINGS, process.env);
  const dataSource = await opsDataSource({
    url,
    applicationName: 'meridian-create-token',
    poolSize: 1,
  }).initialize();
  const secret = newApiToken();
  try {
    await dataSource.transaction((manager) =>
      replaceToken(manager, { ...request, secret, createdBy: 'create-token' }),
    );
  } finally {
    await dataSource.destroy();
  }
  process.stdout.write(`${secret}\n`);
}

/** What went wrong, in the caller's words, and the exit code that says whose fault it was. */
function explain(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof UsageError) return { text: error.message, exitCode: 2 };
  if (error instanceof DomainError) return { text: `${error.message}\n${error.action}\n`, exitCode: 2 };
  return { text: `create-token: ${messageOf(error)}\n`, exitCode: 10 };
}

main().catch((error: unknown) => {
  const { text, exitCode } = explain(error);
  process.stderr.write(text);
  process.exit(exitCode);
});
