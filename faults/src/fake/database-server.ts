import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rawSql, sql } from '@meridian/core';
import { opsDataSource, queryRows } from '@meridian/ops-db';
import { startEmbeddedServer } from '@meridian/ops-db/testing';
import { VIRTUAL_CLOCK } from './virtual-clock.js';

/** A PostgreSQL that worlds share one after the other, each in a database of its own; it can be restarted and crashed. */
export interface DatabaseServer {
  /** A migrated database with a clock of its own. */
  createWorld(name: string): Promise<string>;
  dropWorld(name: string): Promise<void>;
  /** A migrated database with PostgreSQL's own clock. */
  createDatabase(name: string): Promise<string>;
  /** Clients are disconnected; what was committed is there. */
  restart(): Promise<void>;
  /** Every server process dies at once; the log is replayed. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const TEMPLATE = 'faults_template';

/**
 * Starts the server. Without fsync: the machine under it does not fail, only the server does, and what a server wrote
 * before it died is with the kernel.
 */
export async function startDatabaseServer(): Promise<DatabaseServer> {
  const server = await startEmbeddedServer({
    name: 'faults',
    settings: ['fsync=off', 'max_connections=100'],
    initdbFlags: ['--no-sync'],
  });
  await server.createDatabase(TEMPLATE);
  await migrate(server.urlOf(TEMPLATE));
  return {
    ...worldsOf(server.urlOf),
    restart: async () => {
      await server.stop();
      await server.start();
    },
    crash: async () => {
      const [pid] = (await readFile(join(server.databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      while (isAlive(Number(pid))) await sleep(5);
      await server.start();
    },
    stop: server.remove,
  };
}

/** Making and dropping the databases of worlds. */
function worldsOf(
  urlOf: (name: string) => string,
): Pick<DatabaseServer, 'createDatabase' | 'createWorld' | 'dropWorld'> {
  return {
    createDatabase: async (name) => {
      await onDatabase(urlOf('postgres'), [`CREATE DATABASE ${name}`]);
      await runMigrations(urlOf(name));
      return urlOf(name);
    },
    createWorld: async (name) => {
      await onDatabase(urlOf('postgres'), [
        `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`,
        // Its own now() comes before PostgreSQL's: the database's clock is the world's.
        `ALTER DATABASE ${name} SET search_path = faults, pg_catalog, public`,
      ]);
      return urlOf(name);
    },
    dropWorld: (name) => onDatabase(urlOf('postgres'), [`DROP DATABASE ${name} WITH (FORCE)`]),
  };
}

async function runMigrations(url: string): Promise<void> {
  const dataSource = await opsDataSource({ url, applicationName: 'faults-setup' }).initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
}

async function migrate(url: string): Promise<void> {
  await runMigrations(url);
  await onDatabase(url, [VIRTUAL_CLOCK]);
}

async function onDatabase(url: string, statements: readonly string[]): Promise<void> {
  const dataSource = await opsDataSource({ url, applicationName: 'faults-setup', poolSize: 1 }).initialize();
  try {
    for (const text of statements) await queryRows(dataSource.manager, sql`${rawSql(text)}`);
  } finally {
    await dataSource.destroy();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
