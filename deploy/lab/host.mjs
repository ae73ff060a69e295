import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, succeeds } from './commands.mjs';
import { CACHE_DIRECTORY, OTHER_USER, TEST_USER } from './settings.mjs';

const PACKAGES = [
  'slurmctld',
  'slurmd',
  'slurmrestd',
  'slurmdbd',
  'slurm-client',
  'slurm-wlm-basic-plugins',
  'slurm-wlm-mysql-plugin',
  // Without it there is no auth_jwt.so, and slurmctld refuses to start.
  'slurm-wlm-jwt-plugin',
  'munge',
  'mariadb-server-core',
  'mariadb-client-core',
  'openssh-server',
  'openssh-client',
  // What Apptainer mounts and builds images with.
  'squashfs-tools',
  'squashfuse',
  'fuse2fs',
  'uidmap',
  // Where container images are fetched from in tests.
  'docker-registry',
  // Other people's readers of what is exported: tables (FITS), provenance (PROV-JSON, VOTable, JSON-LD).
  'python3-astropy',
  'fitsverify',
  'python3-prov',
  'python3-rdflib',
  // The oldest PostgreSQL that Meridian works with, and its tools for dumps.
  'postgresql-15',
  // For rocrate-validator, which Debian does not have: `npm run test:lab` installs it.
  'python3-venv',
];

export const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Sandbox::User=root'];
const POLICY = '/usr/sbin/policy-rc.d';

/** What keeps this machine from having a lab, in one sentence, or null. */
export function whatIsMissing() {
  const { id, version, name } = osRelease();
  const isDebian12 = id === 'debian' && version === '12';
  const isRoot = process.getuid?.() === 0;
  if (isDebian12 && isRoot) return null;
  const system = isDebian12 ? 'Debian 12' : `${name} instead of Debian 12 (bookworm)`;
  return `The lab needs root on Debian 12: this is ${system}, and you are ${isRoot ? 'root' : 'not root'}.`;
}

function osRelease() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), version: field('VERSION_ID'), name: field('PRETTY_NAME') || process.platform };
}

/** Installs Debian packages that are missing. Their services are not started: a lab starts its own, elsewhere. */
export async function installPackages(say, wanted = PACKAGES) {
  const missing = wanted.filter(
    (name) => !existsSync(`/var/lib/dpkg/info/${name}.list`) && !isInstalled(name),
  );
  if (missing.length === 0) return;
  say(`Installing ${missing.join(' ')}`);
  const withoutServices = !existsSync(POLICY);
  if (withoutServices) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', [...APT_OPTIONS, 'update', '-qq'], { env });
    await run('apt-get', [...APT_OPTIONS, 'install', '-y', '-qq', '--no-install-recommends', ...missing], {
      env,
    });
  } finally {
    if (withoutServices) rmSync(POLICY);
  }
}

// Packages of several architectures are listed as name:architecture.
const isInstalled = (name) => existsSync(`/var/lib/dpkg/info/${name}:amd64.list`);

/** Where this machine gets Debian 12 from, for newer versions of the same. @throws Error when apt does not say. */
export async function debianMirror() {
  const targets = await run('apt-get', [
    'indextargets',
    '--format',
    '$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)',
  ]);
  const line = targets
    .split('\n')
    .find((target) => /^Packages (bookworm|stable|oldstable) main /.test(target));
  if (line === undefined) throw new Error("No apt source of this machine has Debian 12's main packages.");
  return line.split(' ')[3];
}

/**
 * Debian's static busybox, unpacked rather than installed: as a package it would push out the other busybox, which other
 * packages of the machine may need.
 */
export async function busyboxFile() {
  const directory = join(CACHE_DIRECTORY, 'busybox');
  const file = join(directory, 'bin/busybox');
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  await run('apt-get', [...APT_OPTIONS, 'download', '-qq', 'busybox-static'], { cwd: directory });
  for (const name of readdirSync(directory).filter((entry) => entry.endsWith('.deb'))) {
    await run('dpkg', ['-x', join(directory, name), directory]);
    rmSync(join(directory, name));
  }
  return file;
}

export async function makeUsers() {
  const make = async (user, ...options) => {
    if (await succeeds('id', [user])) return;
    await run('useradd', ['--system', '--user-group', ...options, user]);
  };
  await make('slurmrest', '--no-create-home', '--shell', '/usr/sbin/nologin');
  for (const user of [TEST_USER, OTHER_USER]) {
    await make(user, '--create-home', '--home-dir', `/home/${user}`, '--shell', '/bin/bash');
    // No password, yet not locked: sshd without PAM refuses even the keys of a locked account.
    await run('usermod', ['-p', '*', user]);
  }
}

/** Lets normal users mount images; devices are as the kernel made them again after every boot. */
export function openFuse() {
  if (existsSync('/dev/fuse')) chmodSync('/dev/fuse', 0o666);
}
