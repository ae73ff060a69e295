#!/usr/bin/env node
// `npm run histories -- [--count N] [--seed S] [--lanes L] [--json]`: builds, then plays random histories against a PostgreSQL of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureReady, repository } from './ensure-ready.mjs';

ensureReady();
const require = createRequire(import.meta.url);
// The server of the tests, with the migrated template that each database is a clone of.
const startPostgres = require('./jest/start-postgres.cjs');
const stopPostgres = require('./jest/stop-postgres.cjs');
await startPostgres();
// Not spawnSync: the server's log comes through a pipe to this process, and a full pipe stops the server.
const played = spawn(
  process.execPath,
  [join(repository, 'apps/trigger-manager/dist/histories/main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
const [code] = await once(played, 'exit');
await stopPostgres();
process.exit(code ?? 1);
