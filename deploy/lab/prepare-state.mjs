import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './commands.mjs';
import { OTHER_USER, TEST_USER } from './settings.mjs';
import { cgroupConf, databaseSql, slurmConf, slurmdbdConf, sshdConfig } from './slurm-config.mjs';

/** Uid and gid of a user, as chown wants them. */
export function idsOf(user) {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user);
  if (fields === undefined) throw new Error(`There is no user ${user}.`);
  return [Number(fields[2]), Number(fields[3])];
}

/** Writes a file that has its contents, owner (and group) and mode from the moment it is there: daemons may be reading it. */
export function place(path, contents, { owner = 'root', group, mode = 0o644 } = {}) {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, contents, { mode: 0o600 });
  chownSync(unfinished, idsOf(owner)[0], idsOf(group ?? owner)[1]);
  chmodSync(unfinished, mode);
  renameSync(unfinished, path);
}

const placeOnce = (path, contents, options) => {
  if (!existsSync(path)) place(path, contents(), options);
};

function directory(path, { owner = 'root', mode = 0o755 } = {}) {
  mkdirSync(path, { recursive: true });
  chownSync(path, ...idsOf(owner));
  chmodSync(path, mode);
}

/** The first directory on the way down to a path that not everybody may enter; mkdtemp, for one, makes such. */
function findClosed(path) {
  const closed = path === dirname(path) ? undefined : findClosed(dirname(path));
  return closed ?? ((statSync(path).mode & 0o001) === 0 ? path : undefined);
}

/** Makes the state directory what the daemons expect, keys and database included. Repeating it changes nothing. */
export async function prepareState(lab) {
  const { layout } = lab;
  const closed = findClosed(dirname(layout.state));
  if (closed !== undefined)
    throw new Error(`${closed} lets only some users in, and the lab's are not among them.`);
  for (const path of [
    layout.state,
    layout.etc,
    layout.run,
    layout.ssh,
    layout.bin,
    layout.images,
    layout.jobs,
  ])
    directory(path);
  directory(layout.spool);
  for (const path of [layout.slurm, layout.log]) directory(path, { owner: 'slurm' });
  directory(layout.mariadb, { owner: 'slurm', mode: 0o700 });
  directory(layout.munge, { owner: 'munge' });
  for (let node = 1; node <= lab.settings.nodes; node += 1) directory(join(layout.spool, `n${node}`));
  for (const kind of ['rest', 'ssh']) directory(join(layout.jobs, kind), { owner: TEST_USER });
  placeOnce(join(layout.munge, 'munge.key'), () => randomBytes(1024), { owner: 'munge', mode: 0o400 });
  placeOnce(layout.jwtKey, () => randomBytes(32), { owner: 'slurm', mode: 0o600 });
  placeOnce(layout.databasePassword, () => randomBytes(12).toString('hex'), { mode: 0o600 });
  writeConfiguration(lab);
  await Promise.all([makeSshKeys(layout), lab.settings.accounting && makeDatabase(layout)]);
}

function writeConfiguration(lab) {
  const { layout, settings, cgroup } = lab;
  const password = readFileSync(layout.databasePassword, 'utf8');
  place(layout.slurmConf, slurmConf({ layout, settings, cgroup }));
  place(join(layout.etc, 'cgroup.conf'), cgroupConf(cgroup));
  const secret = { owner: 'slurm', mode: 0o600 };
  place(join(layout.etc, 'slurmdbd.conf'), slurmdbdConf({ layout, settings, password }), secret);
  place(join(layout.mariadb, 'init.sql'), databaseSql(password), secret);
  place(join(layout.mariadb, 'client.cnf'), `[client]\npassword=${password}\n`, secret);
  const users = [TEST_USER, OTHER_USER];
  place(join(layout.ssh, 'sshd_config'), sshdConfig({ layout, settings, users }));
}

async function makeSshKeys(layout) {
  const key = async (name) => {
    const path = join(layout.ssh, name);
    if (!existsSync(path))
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'meridian-lab', '-f', path]);
    return path;
  };
  await key('host_ed25519');
  directory(join(layout.ssh, 'authorized_keys'));
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const [user, name] of [
    [TEST_USER, 'id_ed25519'],
    [OTHER_USER, 'id_other_ed25519'],
  ]) {
    const path = await key(name);
    chownSync(path, ...idsOf(user));
    place(join(layout.ssh, 'authorized_keys', user), readFileSync(`${path}.pub`));
  }
}

async function makeDatabase({ mariadb, log }) {
  const data = join(mariadb, 'data');
  if (existsSync(join(data, 'mysql'))) return;
  directory(data, { owner: 'slurm', mode: 0o700 });
  const said = await run('mariadb-install-db', [
    '--no-defaults',
    '--user=slurm',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    // The name of this machine need not be one that anybody can look up.
    '--force',
  ]);
  writeFileSync(join(log, 'mariadb-install.out'), said);
}
