import type { JobId, JobSpec } from '@meridian/core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { tokensOf, untilObserved } from '../testing/hpc-backend.contract.js';
import { LocalBackend } from './local.backend.js';
import { processesOf, sendSignal } from './process-table.js';

/** A daemon in a process of its own, from the sources: submits one job and then does nothing, until it is killed. */
const DAEMON = `
const Module = require('node:module');
const swc = require('@swc/core');
Module._extensions['.ts'] = (module, file) =>
  module._compile(swc.transformFileSync(file, { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }).code, file);
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => resolve(name.startsWith('.') ? name.replace(/\\.js$/, '') : name, ...rest);
const { LocalBackend } = require(process.env.BACKEND);
const backend = new LocalBackend(JSON.parse(process.env.OPTIONS));
void backend.submit([JSON.parse(process.env.SPEC)]);
setInterval(() => undefined, 1000);
`;

const token = tokensOf('survivor');

const base = mkdtempSync(`${tmpdir()}/meridian-survive-`);
afterAll(() => {
  processesOf(token('survivor')).forEach((pid) => sendSignal(pid, 'SIGKILL'));
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
});

const OPTIONS = {
  stateDirectory: `${base}/.jobs`,
  capacity: { cpus: 2, memoryMb: 100, jobs: 2 },
  environment: { PATH: '/usr/bin:/bin' },
};

it('kill -9 of the daemon does not touch its jobs, and the next daemon sees how they ended', async () => {
  const spec: JobSpec = {
    token: token('survivor'),
    label: 'imaging/extract',
    scriptPath: `${base}/job.sh`,
    directory: base,
    stdoutPath: `${base}/job.out`,
    stderrPath: `${base}/job.err`,
    resources: { cpus: 1, memoryMb: 10, walltimeMinutes: 1 },
  };
  writeFileSync(spec.scriptPath, 'echo run >>starts\nwhile [ ! -e release ]; do sleep 0.05; done\nexit 6\n');
  const daemon = spawn(process.execPath, ['--conditions=@meridian/source', '-e', DAEMON], {
    cwd: __dirname,
    env: {
      BACKEND: `${__dirname}/local.backend.ts`,
      OPTIONS: JSON.stringify({ ...OPTIONS, startsJobs: true }),
      SPEC: JSON.stringify(spec),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const observer = new LocalBackend({ ...OPTIONS, startsJobs: false });
  const id = spec.token as string as JobId;
  await untilObserved(observer, id, 'running');
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  expect((await observer.observe([id])).get(id)?.kind).toBe('running');

  const next = new LocalBackend({ ...OPTIONS, startsJobs: true, pollMs: 30 });
  writeFileSync(`${base}/release`, '');
  expect(await untilObserved(next, id, 'finished')).toMatchObject({ state: 'FAILED', exitCode: 6 });
  expect(readFileSync(`${base}/starts`, 'utf8')).toBe('run\n');
  await next.close();
});
