import { join } from 'node:path';
import { answers, run, succeeds, waitFor } from './commands.mjs';
import {
  descendantsOf,
  endProcesses,
  findRecorded,
  forgetRecorded,
  linkOf,
  recordedNames,
  signalAll,
  startRecorded,
} from './processes.mjs';
import { portsOf } from './settings.mjs';

/*
 * A lab here is `{ layout, settings, cgroup, inside, environment }`: `inside` is the beginning of every command that
 * needs this lab's Slurm version, empty where that is the machine's own.
 */

const asUser = (user) => ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];

/** How each service is started, and how it is known to answer. In the order of a start. */
function definitions(lab) {
  const { layout, settings, inside } = lab;
  const ports = portsOf(settings);
  const inSlurm = (argv, environment = {}) => ({ argv: [...inside, ...argv], environment });
  const nodes = Array.from({ length: settings.nodes }, (_, index) => index + 1);
  return {
    munge: { argv: [...asUser('munge'), ...munged(layout)], ready: () => answers(layout.mungeSocket) },
    sshd: {
      ...inSlurm(['/usr/sbin/sshd', '-D', '-e', '-f', join(layout.ssh, 'sshd_config')]),
      port: ports.sshd,
      ready: () => answers(ports.sshd),
    },
    ...(settings.accounting && {
      mariadb: { argv: mariadbd(layout, ports), port: ports.mariadb, ready: () => databaseAnswers(lab) },
      slurmdbd: {
        ...inSlurm(['slurmdbd', '-D']),
        port: ports.slurmdbd,
        ready: () => answers(ports.slurmdbd),
      },
    }),
    slurmctld: {
      ...inSlurm(['slurmctld', '-D']),
      port: ports.slurmctld,
      ready: () => succeeds(...slurmCommand(lab, 'scontrol', ['ping'])),
    },
    ...Object.fromEntries(
      nodes.map((node) => {
        const port = ports.firstNode + node - 1;
        const argv = ['slurmd', '-D', '-N', `n${node}`];
        return [`slurmd:n${node}`, { ...inSlurm(argv), port, ready: () => answers(port) }];
      }),
    ),
    slurmrestd: {
      ...inSlurm(slurmrestd(settings, ports), { SLURM_JWT: 'daemon' }),
      port: ports.slurmrestd,
      ready: () => answers(ports.slurmrestd),
    },
  };
}

const munged = (layout) => [
  'munged',
  '--foreground',
  `--key-file=${layout.munge}/munge.key`,
  `--socket=${layout.mungeSocket}`,
  `--pid-file=${layout.munge}/munged.pid`,
  `--log-file=${layout.munge}/munged.log`,
  `--seed-file=${layout.munge}/munged.seed`,
];

const mariadbd = (layout, ports) => [
  ...asUser('slurm'),
  'mariadbd',
  '--no-defaults',
  `--datadir=${layout.mariadb}/data`,
  `--socket=${layout.mariadb}/mariadb.sock`,
  `--pid-file=${layout.mariadb}/mariadb.pid`,
  '--bind-address=127.0.0.1',
  `--port=${ports.mariadb}`,
  '--skip-name-resolve',
  '--innodb-buffer-pool-size=256M',
  '--innodb-lock-wait-timeout=900',
  '--innodb-log-file-size=64M',
  '--innodb-flush-log-at-trx-commit=2',
  '--max-allowed-packet=64M',
  `--init-file=${layout.mariadb}/init.sql`,
];

// slurmrestd refuses root and SlurmUser. Without a slurmdbd to talk to it refuses to load its accounting part too.
function slurmrestd(settings, ports) {
  const slurmOnly = settings.slurm === '22.05' ? 'openapi/v0.0.38' : 'openapi/slurmctld';
  return [
    ...asUser('slurmrest'),
    'slurmrestd',
    ...(settings.accounting ? [] : ['-s', slurmOnly]),
    `127.0.0.1:${ports.slurmrestd}`,
  ];
}

const databaseAnswers = ({ layout, settings }) =>
  succeeds('mariadb', [
    `--defaults-extra-file=${layout.mariadb}/client.cnf`,
    '-h127.0.0.1',
    `-P${portsOf(settings).mariadb}`,
    '-uslurm',
    '-e',
    'use slurm_acct_db',
  ]);

/** A Slurm command of this lab, as the first arguments of `run`. */
export function slurmCommand(lab, command, args = []) {
  const [first, ...rest] = [...lab.inside, command, ...args];
  return [first, rest, { env: { ...process.env, SLURM_CONF: lab.layout.slurmConf } }];
}

export const slurm = (lab, command, args) => run(...slurmCommand(lab, command, args));

/** The names of a lab's services, in the order of a start. */
export const serviceNames = (lab) => Object.keys(definitions(lab));

function definitionOf(lab, name) {
  const known = definitions(lab);
  if (!Object.hasOwn(known, name))
    throw new Error(`This lab has no service ${name}; it has ${Object.keys(known).join(', ')}.`);
  return known[name];
}

/** `{ name, state: 'up' | 'down' | 'paused', pid, port }`. */
export function describeService(lab, name) {
  const { port = null } = definitionOf(lab, name);
  const found = findRecorded(lab.layout.run, name);
  const state = found === null ? 'down' : found.state === 'T' ? 'paused' : 'up';
  return { name, state, pid: found?.pid ?? null, port };
}

/** Starts a service that is down, resumes one that is paused, and waits until it answers. */
export async function startService(lab, name) {
  const { argv, environment, ready } = definitionOf(lab, name);
  const { layout } = lab;
  const log = join(layout.log, `${name.replace(':', '.')}.out`);
  const found = findRecorded(layout.run, name);
  if (found === null) {
    startRecorded(layout.run, name, { argv, log, environment: { ...lab.environment, ...environment } });
  } else if (found.state === 'T') {
    await resumeService(lab, name);
  }
  await waitFor(`${name} to answer (see ${log})`, 30, async () => {
    if (findRecorded(layout.run, name) === null) throw new Error(`${name} ended at once; ${log} says why`);
    return ready();
  });
}

// Sessions of sshd are processes of their own that outlive it; here "no sshd" also means no session.
const sessionsOf = (pid) =>
  descendantsOf([pid]).filter((child) => /\/sshd(-session|-auth)?$/.test(linkOf(child, 'exe')));

function processesOf(lab, name) {
  const found = findRecorded(lab.layout.run, name);
  if (found === null) return [];
  return name === 'sshd' ? [found.pid, ...sessionsOf(found.pid)] : [found.pid];
}

/** Ends a service and waits until it is gone. Jobs go on: slurmstepd outlives slurmd by design. */
export async function stopService(lab, name) {
  if (findRecorded(lab.layout.run, name) === null) definitionOf(lab, name);
  await endProcesses(processesOf(lab, name), 20);
  forgetRecorded(lab.layout.run, name);
}

export async function restartService(lab, name) {
  await stopService(lab, name);
  await startService(lab, name);
}

async function switchService(lab, name, signal, isDone) {
  definitionOf(lab, name);
  const pids = processesOf(lab, name);
  if (pids.length === 0) throw new Error(`${name} is down.`);
  signalAll(pids, signal);
  await waitFor(`${name} after ${signal}`, 5, () => isDone(describeService(lab, name).state), 10);
}

/** Freezes a service: its connections stay open, nothing answers. */
export const pauseService = (lab, name) => switchService(lab, name, 'SIGSTOP', (state) => state === 'paused');
export const resumeService = (lab, name) =>
  switchService(lab, name, 'SIGCONT', (state) => state !== 'paused');

/** Ends every service in the opposite order of a start; those that do not depend on each other at the same time. */
export async function stopAllServices(lab) {
  const all = new Set([...serviceNames(lab), ...recordedNames(lab.layout.run)]);
  const lastOnes = ['slurmdbd', 'mariadb', 'munge'];
  await Promise.all(
    [...all].filter((name) => !lastOnes.includes(name)).map((name) => stopService(lab, name)),
  );
  for (const name of lastOnes) if (all.has(name)) await stopService(lab, name);
}
