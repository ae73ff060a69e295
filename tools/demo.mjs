#!/usr/bin/env node
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
    ...asUserOfTheLab(),
    env: { ...process.env, ...asUserOfTheLab().env, MERIDIAN_STARTED_AT: String(started) },
  },
);

// Jobs on the lab run as its user, containers refuse root, and who writes a run's directory must be who reads it there:
// root becomes that user for a demo on the lab, with a home of its own.
function asUserOfTheLab() {
  const at = process.argv.indexOf('--site');
  const site =
    at > 0 ? process.argv[at + 1] : process.argv.find((word) => word.startsWith('--site='))?.slice(7);
  const facts = join(process.env.MERIDIAN_LAB ?? '/var/lib/meridian-lab', 'lab.json');
  if (process.getuid?.() !== 0 || !site?.startsWith('lab-') || !existsSync(facts)) return {};
  const { user } = JSON.parse(readFileSync(facts, 'utf8'));
  const [, , uid, gid, , home] = execFileSync('getent', ['passwd', user], { encoding: 'utf8' })
    .trim()
    .split(':');
  return {
    uid: Number(uid),
    gid: Number(gid),
    env: {
      HOME: home,
      USER: user,
      LOGNAME: user,
      MERIDIAN_HOME: process.env.MERIDIAN_HOME ?? join(home, 'demo'),
    },
  };
}
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
