import 'reflect-metadata';
import type { Server } from 'node:http';
import { DomainError, readSettings } from '@meridian/core';
import { opsDataSource, settleIn } from '@meridian/ops-db';
import { API_SETTINGS } from './api.config.js';
import { createApi } from './http/create-api.js';
import { openLog } from './http/logging.js';

/** How long requests in flight may take after SIGTERM; followed logs never end by themselves. */
const GRACE_MS = 5000;

async function main(): Promise<void> {
  const config = readSettings(API_SETTINGS, process.env);
  const log = await openLog({ level: config.logLevel, format: config.logFormat });
  const { databaseUrl: url, poolSize } = config;
  const dataSource = await opsDataSource({
    url,
    applicationName: 'meridian-ops-db-api',
    poolSize,
  }).initialize();
  await settleIn(dataSource);
  const app = await createApi({ dataSource, config, log });
  await app.listen(config.port, config.host);
  log.info({ url: await app.getUrl() }, 'listening');

  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping');
    const server: Server = app.getHttpServer();
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
    await app.close();
    await dataSource.destroy();
    log.info('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop(signal).catch(fail));
  // A supervisor that started this process with an IPC channel is gone: nobody would ever stop it.
  process.once('disconnect', () => void stop('the supervisor is gone').catch(fail));
}

function fail(error: unknown): never {
  const text = error instanceof DomainError ? `${error.message}\n${error.action}` : String(error);
  process.stderr.write(`ops-db-api: ${text}\n`);
  process.exit(error instanceof DomainError ? 2 : 10);
}

main().catch(fail);
