#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, ensureReady, repository } from './ensure-ready.mjs';

// `npm test [-- jest arguments]`: build, every test, lint, generated files; one line of counts at the end.
// With jest arguments (a path fragment, --selectProjects unit) only jest runs: that is a developer asking for a part.
const jestArguments = process.argv.slice(2);
// What does not build has failed, and whoever reads only the last line has to see it.
const countAsFailed = () => console.log('0 passed, 1 failed');
process.once('exit', countAsFailed);
ensureReady({ build: 'everything' });
process.off('exit', countAsFailed);

const run = (args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: repository, stdio: 'inherit', ...options });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('exit', (code) => resolve({ ok: code === 0, output }));
  });

const totals = { passed: 0, failed: 0 };
const failures = [];

async function jest() {
  const report = join(cacheDirectory(), `jest-${process.pid}.json`);
  // The lab's tests need a cluster: `npm run test:lab` has them.
  const selection = jestArguments.includes('lab') ? [] : ['--ignoreProjects', 'lab'];
  const args = [
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
    ...selection,
    ...jestArguments,
  ];
  // jest prints its --json report to standard output as well; the file is what we read.
  const { ok } = await run(args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(report)) {
    failures.push('jest did not finish');
    return;
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  if (!ok) failures.push('jest');
}

const testFilesBelow = (directory) =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true })
        .map((name) => join(directory, String(name)))
        .filter((file) => /\.test\.m?js$/.test(file) && !file.includes('node_modules'))
        .sort()
    : [];

async function imagingTests() {
  const files = testFilesBelow(join(repository, 'examples', 'imaging'));
  if (files.length === 0) return;
  const { ok, output } = await run(['--test', '--test-reporter=tap', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  totals.passed += count('pass');
  totals.failed += count('fail') + count('cancelled');
  if (!ok) failures.push('examples/imaging');
}

async function check(name, script, args) {
  const { ok } = await run([script, ...args]);
  if (!ok) failures.push(name);
}

await jest();
if (jestArguments.length === 0) {
  await imagingTests();
  // Listing the projects writes the project graph, without which the rule on imports between layers says nothing.
  const listing = await run(['node_modules/.bin/nx', 'show', 'projects'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (!listing.ok) failures.push('project graph');
  await check('lint', 'node_modules/eslint/bin/eslint.js', [
    'apps',
    'libs',
    'e2e',
    'bench',
    'faults',
    '--max-warnings',
    '0',
  ]);
  await check('lint proof', 'tools/lint-bites.mjs', []);
  await check('generated files', 'tools/generate.mjs', ['--check']);
}

// What `npm run test:lab` did in the same judgement counts as well, and is said again where the counts are.
const labReport = process.env.MERIDIAN_LAB_REPORT;
if (labReport !== undefined && existsSync(labReport)) {
  const { passed, failed, line } = JSON.parse(readFileSync(labReport, 'utf8'));
  totals.passed += passed;
  totals.failed += failed;
  console.log(line);
}

if (failures.length > 0) console.error(`Failed: ${failures.join(', ')}`);
// A failed check without a failed test (lint, say) still has to show in the counts.
if (failures.length > 0 && totals.failed === 0) totals.failed = failures.length;
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;
