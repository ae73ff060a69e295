import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeeds } from './commands.mjs';
import { debianMirror, installPackages } from './host.mjs';
import { CACHE_DIRECTORY } from './settings.mjs';

/*
 * Apptainer is in Debian sid alone, built against a newer C library than Debian 12 has. Its two programs run here with a
 * loader and libraries of their own, all from sid; nothing else of the machine changes.
 */

const LIBRARIES = [
  'ld-linux-x86-64.so.2',
  'libc.so.6',
  'libm.so.6',
  'libseccomp.so.2',
  'libsqlite3.so.0',
  'libpthread.so.0',
  'libdl.so.2',
  'libresolv.so.2',
];
const MULTIARCH = 'usr/lib/x86_64-linux-gnu';
const PROGRAMS = ['usr/bin/apptainer', `${MULTIARCH}/apptainer/bin/starter`];

/** Installs Apptainer unless the machine has one that works. */
export async function installApptainer(say) {
  if (await succeeds('apptainer', ['--version'])) return;
  say('Installing Apptainer from a newer Debian');
  await installPackages(say, ['patchelf']);
  const scratch = mkdtempSync(join(tmpdir(), 'meridian-apptainer-'));
  try {
    const unpacked = await unpackFromSid(scratch, ['apptainer', 'libc6', 'libseccomp2', 'libsqlite3-0']);
    await placeApptainer(unpacked);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  await run('apptainer', ['--version']);
}

/** Downloads packages of Debian sid with an apt of its own, so that the machine's sources stay as they are. */
async function unpackFromSid(scratch, packages) {
  for (const path of ['etc/apt.conf.d', 'etc/preferences.d', 'state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(scratch, path), { recursive: true });
  writeFileSync(join(scratch, 'status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    join(scratch, 'etc/sources.list'),
    `deb [signed-by=${keyring}] ${await debianMirror()} sid main\n`,
  );
  const options = {
    'Dir::Etc': 'etc',
    'Dir::Etc::sourcelist': 'etc/sources.list',
    'Dir::State': 'state',
    'Dir::State::status': 'status',
    'Dir::Cache': 'cache',
  };
  const apt = [
    ...Object.entries(options).flatMap(([option, path]) => ['-o', `${option}=${join(scratch, path)}`]),
    ...['Dir::Etc::sourceparts=-', 'APT::Sandbox::User=root'].flatMap((option) => ['-o', option]),
    // sid's index is valid for a week, and the clock of a machine like this may be wrong.
    ...['-o', 'Acquire::Check-Valid-Until=false'],
  ];
  await run('apt-get', [...apt, '-qq', 'update'], { cwd: scratch });
  await run('apt-get', [...apt, '-qq', 'download', ...packages], { cwd: scratch });
  const unpacked = join(scratch, 'unpacked');
  for (const file of readdirSync(scratch).filter((name) => name.endsWith('.deb')))
    await run('dpkg', ['-x', join(scratch, file), unpacked]);
  return unpacked;
}

async function placeApptainer(unpacked) {
  const libraries = join(CACHE_DIRECTORY, 'apptainer-lib');
  mkdirSync(libraries, { recursive: true });
  for (const name of LIBRARIES) {
    const usr = join(unpacked, MULTIARCH, name);
    copyFileSync(existsSync(usr) ? usr : join(unpacked, 'usr/lib64', name), join(libraries, name));
  }
  cpSync(join(unpacked, 'etc/apptainer'), '/etc/apptainer', { recursive: true, force: false });
  for (const path of [
    `/${MULTIARCH}/apptainer/bin`,
    `/${MULTIARCH}/apptainer/lib`,
    '/var/lib/apptainer/mnt/session',
  ])
    mkdirSync(path, { recursive: true });
  for (const program of PROGRAMS.toReversed())
    await placeProgram(join(unpacked, program), `/${program}`, libraries);
  if (!existsSync('/usr/bin/singularity')) symlinkSync('apptainer', '/usr/bin/singularity');
}

// --force-rpath: with RUNPATH the libraries that a library wants would again be the machine's own.
async function placeProgram(from, to, libraries) {
  const loader = join(libraries, LIBRARIES[0]);
  const built = `${to}.new`;
  await run('patchelf', [
    '--set-interpreter',
    loader,
    '--force-rpath',
    '--set-rpath',
    libraries,
    '--output',
    built,
    from,
  ]);
  chmodSync(built, 0o755);
  renameSync(built, to);
}
