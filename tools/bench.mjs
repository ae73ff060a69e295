#!/usr/bin/env node
// `npm run bench -- NAME [--json]`: builds, then runs one benchmark in the foreground. Figures belong in docs/figures.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, repository } from './ensure-ready.mjs';

ensureReady();
const { status } = spawnSync(
  process.execPath,
  [join(repository, 'bench/dist/main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
