import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { opsDataSource } from '../data-source.js';

/** A database of one test file, cloned from the migrated template that jest's global set-up made. */
export interface TestDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/**
 * Clones the template (about 30 ms) and connects to the clone.
 *
 * @throws when jest's global set-up did not run: the server's address comes from `MERIDIAN_TEST_SERVER_URL`.
 */
export async function openTestDatabase(poolSize = 5): Promise<TestDatabase> {
  const server = process.env['MERIDIAN_TEST_SERVER_URL'];
  if (server === undefined)
    throw new Error('MERIDIAN_TEST_SERVER_URL is not set: run this test through jest');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE meridian_template`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const dataSource = await opsDataSource({
    url: url.href,
    applicationName: 'meridian-test',
    poolSize,
  }).initialize();
  return {
    url: url.href,
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // Two clones at once may find the template in use for a moment; PostgreSQL serialises them with this lock.
    await client.query('SELECT pg_advisory_lock(7345)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
