import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { opsDataSource } from '@meridian/ops-db';
import pino from 'pino';
import { createApi } from '../http/create-api.js';
import { describeApi } from './describe-api.js';

/** Writes the OpenAPI document to the path given; it needs no database. `npm run generate` calls it. */
async function main(): Promise<void> {
  const path = process.argv[2];
  if (path === undefined) throw new Error('usage: write-openapi <path>');
  const dataSource = opsDataSource({
    url: 'postgresql://nowhere.invalid/none',
    applicationName: 'write-openapi',
  });
  const app = await createApi({
    dataSource,
    config: { requestsPerSecond: 1 },
    log: pino({ level: 'error' }),
  });
  await app.init();
  writeFileSync(path, `${JSON.stringify(describeApi(app), null, 2)}\n`);
  await app.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`write-openapi: ${String(error)}\n`);
  process.exit(10);
});
