import { opsDataSource } from '@meridian/ops-db';
import { startEmbeddedServer } from '@meridian/ops-db/testing';

/** A PostgreSQL for one benchmark: durable (fsync and synchronous_commit on), on loopback, gone afterwards. */
export interface BenchServer {
  readonly url: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts the server, with more settings where they are given, with a migrated database `meridian` and an empty one `yardstick`. */
export async function startBenchServer(settings: readonly string[] = []): Promise<BenchServer> {
  const server = await startEmbeddedServer({
    name: 'bench',
    settings: [
      'shared_preload_libraries=pg_stat_statements',
      'fsync=on',
      'synchronous_commit=on',
      ...settings,
    ],
  });
  await server.createDatabase('meridian');
  await server.createDatabase('yardstick');
  const url = server.urlOf('meridian');
  const dataSource = await opsDataSource({ url, applicationName: 'meridian-bench-setup' }).initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
  return { url, directory: server.directory, stop: server.remove };
}
