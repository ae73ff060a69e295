#!/usr/bin/env node
// `npm run campaign -- filters [--count N] [--seed S] [--batch B] [--json]`: builds, then tries a property on very many random cases.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, repository } from './ensure-ready.mjs';

ensureReady();
const { status } = spawnSync(
  process.execPath,
  [join(repository, 'faults/dist/campaign.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
