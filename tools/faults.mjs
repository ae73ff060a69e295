#!/usr/bin/env node
// `npm run faults -- --site fake|lab-rest|lab-ssh [--count N] [--seed S] [--world K] [--log] [--json]`: builds, then injects faults and checks the books.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, repository } from './ensure-ready.mjs';

ensureReady();
const { status } = spawnSync(
  process.execPath,
  [join(repository, 'faults/dist/main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
