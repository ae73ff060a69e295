import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../commands.mjs';
import { busyboxFile } from '../host.mjs';
import { withLock } from '../lock.mjs';
import { CACHE_DIRECTORY } from '../settings.mjs';

const definition = join(dirname(fileURLToPath(import.meta.url)), 'meridian-lab.def');
const recipe = fileURLToPath(import.meta.url);
const cache = join(CACHE_DIRECTORY, 'images');
const DIRECTORIES = [
  'bin',
  'dev',
  'etc',
  'home',
  'proc',
  'root',
  'sys',
  'tmp',
  'usr/bin',
  'usr/local/bin',
  'var/tmp',
];

/**
 * Leaves the image at `layout.image`, built only when the definition, Node or busybox changed since some lab of this
 * machine had it built. Needs root, Apptainer and no network; takes about ten seconds.
 */
export async function buildImage({ layout }, say = () => {}) {
  const busybox = await busyboxFile();
  const built = join(cache, `meridian-lab-${fingerprint(busybox)}.sif`);
  await withLock(join(cache, 'lock'), async () => {
    if (existsSync(built)) return;
    say('Building the image meridian-lab.sif');
    for (const stale of readdirSync(cache).filter((name) => name.endsWith('.sif')))
      rmSync(join(cache, stale));
    await build(busybox, built);
  });
  if (existsSync(layout.image) && statSync(layout.image).mtimeMs >= statSync(built).mtimeMs) return;
  copyFileSync(built, `${layout.image}.new`);
  renameSync(`${layout.image}.new`, layout.image);
}

function fingerprint(busybox) {
  const hash = createHash('sha256');
  for (const file of [definition, recipe]) hash.update(readFileSync(file));
  for (const file of [realpathSync(process.execPath), busybox]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function build(busybox, target) {
  const stage = mkdtempSync(join(tmpdir(), 'meridian-image-'));
  try {
    chmodSync(stage, 0o755);
    await fill(stage, busybox);
    const unfinished = `${target}.new`;
    const options = ['--quiet', 'build', '--force', '--build-arg', `STAGE=${stage}`];
    await run('apptainer', [...options, unfinished, definition]);
    chmodSync(unfinished, 0o644);
    renameSync(unfinished, target);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function fill(stage, busybox) {
  for (const path of DIRECTORIES) mkdirSync(join(stage, path), { recursive: true });
  chmodSync(join(stage, 'tmp'), 0o1777);
  copyFileSync(busybox, join(stage, 'bin/busybox'));
  const applets = (await run(busybox, ['--list'])).trim().split('\n');
  for (const applet of applets.filter((name) => name !== 'busybox'))
    symlinkSync('busybox', join(stage, 'bin', applet));
  symlinkSync('/bin/env', join(stage, 'usr/bin/env'));
  await copyWithLibraries(stage, realpathSync(process.execPath), '/usr/bin/node');
  writeFileSync(join(stage, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(stage, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(stage, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  // Apptainer puts the machine's own over these, but only where there is something to cover.
  for (const name of ['hosts', 'resolv.conf', 'localtime']) writeFileSync(join(stage, 'etc', name), '');
}

/** Copies a program and the libraries that the loader would give it, each to the path at which it will be looked for. */
async function copyWithLibraries(stage, program, target) {
  copyFileSync(program, join(stage, target));
  const lines = (await run('ldd', [program])).split('\n');
  const libraries = lines.map((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1]).filter(Boolean);
  for (const library of libraries) {
    mkdirSync(join(stage, dirname(library)), { recursive: true });
    copyFileSync(library, join(stage, library));
  }
}
