#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lab from '../deploy/lab/index.mjs';
import { cacheDirectory, ensureReady, repository } from './ensure-ready.mjs';

// `npm run test:lab [-- --slurm 24.11 --state DIR --port-base P] [-- jest arguments]`: everything that needs a real Slurm, real
// Apptainer and a real sshd, on the one-machine lab, which is brought up for it and taken down again unless it ran before.
// Where there can be no lab it says so at the end, where nobody misses it, and fails only with --required.

const arguments_ = process.argv.slice(2);
const take = (name) => {
  const at = arguments_.indexOf(name);
  return at < 0 ? undefined : arguments_.splice(at, 2)[1];
};
const isRequired =
  arguments_.includes('--required') && arguments_.splice(arguments_.indexOf('--required'), 1);
const stateDirectory = take('--state') ?? process.env.MERIDIAN_LAB ?? lab.DEFAULT_STATE_DIRECTORY;
const slurm = take('--slurm');
const portBase = take('--port-base');

/** Read by `npm test`, which adds the numbers to its own. */
const report = (numbers) => {
  const file = process.env.MERIDIAN_LAB_REPORT;
  if (file !== undefined) writeFileSync(file, JSON.stringify(numbers));
};

const missing = lab.whatIsMissing();
if (missing !== null) {
  console.log(`\nLAB TESTS NOT RUN: ${missing}`);
  report({ passed: 0, failed: 0, line: `LAB TESTS NOT RUN: ${missing}` });
  process.exit(isRequired ? 1 : 0);
}

ensureReady();
const given = {
  ...(slurm === undefined ? {} : { slurm }),
  ...(portBase === undefined ? {} : { portBase: Number(portBase) }),
};
const facts = await lab.up({ stateDirectory, given, say: (line) => console.log(line) });
console.log(
  `Slurm ${facts.slurm_version} is up (${facts.already ? 'it was' : `${facts.seconds.toFixed(1)} s`})`,
);

const validator = await lab.rocrateValidator((line) => console.log(line));
const environment = {
  ...process.env,
  MERIDIAN_LAB: stateDirectory,
  ...(validator === null ? {} : { MERIDIAN_ROCRATE_VALIDATOR: validator }),
};

// What needs a cluster of its own mostly waits for it, beside the others, which share one and go one after another: some stop parts of it.
const OWN_CLUSTER = 'lab-outages';
const lanes =
  arguments_.length > 0
    ? [jest('asked', arguments_)]
    : [
        jest('shared', ['--testPathIgnorePatterns', OWN_CLUSTER]),
        jest('own', ['--testPathPatterns', OWN_CLUSTER]).then(async (first) => [first, await testOfTheLab()]),
      ];
const counts = (await Promise.all(lanes)).flat();
if (!facts.already) await lab.down({ stateDirectory });

const sum = (what) => counts.reduce((total, one) => total + one[what], 0);
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
const line = `lab: ${passed + failed} tests executed on Slurm ${facts.slurm_version}, ${failed} failed${skipped > 0 ? `, ${skipped} SKIPPED` : ''}`;
report({ passed, failed, line });
console.log(line);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function jest(name, given) {
  const results = join(cacheDirectory(), `jest-lab-${name}-${process.pid}.json`);
  const { status } = await run(
    [
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      'lab',
      '--runInBand',
      '--json',
      `--outputFile=${results}`,
      ...given,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: environment },
  );
  const result = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : null;
  rmSync(results, { force: true });
  const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
  return {
    passed: result?.numPassedTests ?? 0,
    failed: failed || (status === 0 ? 0 : 1),
    skipped: result?.numPendingTests ?? 0,
  };
}

/** The lab's own tests bring up labs of their own. */
async function testOfTheLab() {
  const { status, output } = await run(
    ['--test', '--test-reporter=tap', join(repository, 'deploy/lab/lab.test.mjs')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LAB_SLURM: facts.slurm_version.split('.').slice(0, 2).join('.'),
        LAB_PORT_BASE: '18600',
      },
    },
  );
  if (status !== 0) process.stderr.write(output);
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled') || (status === 0 ? 0 : 1),
    skipped: count('skipped'),
  };
}

/** Node with these arguments, in the repository; what it said, where that is piped. */
async function run(given, options) {
  const child = spawn(process.execPath, given, { cwd: repository, ...options });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const [status] = await once(child, 'close');
  return { status, output: Buffer.concat(output).toString() };
}
