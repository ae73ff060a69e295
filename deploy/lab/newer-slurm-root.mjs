import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { debianMirror, installPackages } from './host.mjs';
import { CACHE_DIRECTORY, OTHER_USER, TEST_USER } from './settings.mjs';

const SUITES = { 24.11: 'trixie', 26.05: 'sid' };
const PACKAGES = [
  'slurmctld',
  'slurmd',
  'slurmrestd',
  'slurmdbd',
  'slurm-client',
  'slurm-wlm-mysql-plugin',
  'slurm-wlm-jwt-plugin',
  'munge',
  // Logins land in this root too, and find the same Slurm there.
  'openssh-server',
  'openssh-client',
  'procps',
  'apptainer',
  'squashfuse',
  'fuse2fs',
  'fuse-overlayfs',
];
const SHARED_USERS = ['slurm', 'slurmrest', TEST_USER, OTHER_USER];
const enterRoot = join(dirname(fileURLToPath(import.meta.url)), 'enter-root.sh');

/** A newer Debian with that Slurm, built when this machine has none yet (about half a minute). Resolves to its directory. */
export async function makeRoot(version, say) {
  const suite = SUITES[version];
  const root = join(CACHE_DIRECTORY, 'roots', suite);
  if (!existsSync(root)) {
    say(`Building Debian ${suite} with Slurm ${version} at ${root}`);
    const unfinished = `${root}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    await build(suite, unfinished);
    await checkVersion(version, suite, unfinished);
    renameSync(unfinished, root);
  }
  shareUsers(root);
  // A small Debian has no such file, and Apptainer then refuses to start a container.
  if (!existsSync(join(root, 'etc/hosts'))) copyFileSync('/etc/hosts', join(root, 'etc/hosts'));
  return root;
}

async function build(suite, root) {
  await installPackages(() => {}, ['debootstrap']);
  mkdirSync(dirname(root), { recursive: true });
  const mirror = await debianMirror();
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, root, mirror]);
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  // Before the packages, which would otherwise give the same ids to users of their own.
  shareUsers(root);
  if (suite !== 'sid') allowSidPackages(root, mirror);
  const apt = 'apt-get -qq -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root';
  const commands = [
    'export DEBIAN_FRONTEND=noninteractive',
    `${apt} update`,
    `${apt} install -y --no-install-recommends ${PACKAGES.join(' ')}`,
    'apt-get clean',
    'mkdir -p /run/sshd',
  ];
  await run(enterRoot, [root, '/tmp', '/bin/bash', '-ec', commands.join('\n')]);
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true, force: true });
}

// Apptainer is in sid alone; at this priority nothing else comes from there.
function allowSidPackages(root, mirror) {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    join(root, 'etc/apt/sources.list.d/sid.list'),
    `deb [signed-by=${keyring}] ${mirror} sid main\n`,
  );
  const preference = 'Package: *\nPin: release n=sid\nPin-Priority: 100\n';
  writeFileSync(join(root, 'etc/apt/preferences.d/sid'), preference);
}

// sid moves on, and with it the Slurm that it has.
async function checkVersion(version, suite, root) {
  const found = (await run(enterRoot, [root, '/tmp', 'slurmctld', '-V'])).trim().split(' ').at(-1);
  if (!found.startsWith(`${version}.`))
    throw new Error(`Debian ${suite} has Slurm ${found} now, not ${version}.`);
}

/** Gives the users of the lab the same ids inside as outside, ahead of any other user with that id. */
function shareUsers(root) {
  for (const file of ['passwd', 'group']) {
    const path = join(root, 'etc', file);
    const isShared = (line) => SHARED_USERS.includes(line.split(':')[0]);
    const outside = readFileSync(join('/etc', file), 'utf8').split('\n').filter(isShared);
    const inside = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !isShared(line));
    const wanted = [...inside.slice(0, 1), ...outside, ...inside.slice(1)].join('\n');
    if (wanted !== readFileSync(path, 'utf8')) writeFileSync(path, wanted);
  }
}
