#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, repository } from './ensure-ready.mjs';

// `npm run demo [-- --input DIR --json …]`: everything after the `--` goes to `meridian demo` as it is.
const started = Date.now();
ensureReady({ build: 'programs' });

const child = spawn(
  process.execPath,
  [join(repository, 'apps/cli/bin/meridian.cjs'), 'demo', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, MERIDIAN_STARTED_AT: String(started) },
  },
);
// The terminal sends Ctrl-C to the child as well, which stops in order; this process only has to wait for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => {
  console.error(`The demo could not be started: ${error.message}`);
  process.exitCode = 10;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 10 : 130);
});
