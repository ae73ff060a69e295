import { spawn } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './commands.mjs';

/*
 * Daemons without a service manager: started in a session of their own, found again by pid *and* start time, because a
 * pid alone may by now be somebody else.
 */

/** State, parent and start time of a process as /proc/PID/stat has them, or null. */
export function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0], parent: Number(fields[1]), started: Number(fields[19]) };
  } catch {
    return null;
  }
}

const isAlive = (stat) => stat !== null && stat.state !== 'Z' && stat.state !== 'X';

export const allProcesses = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter(isAlive);

/** The processes below these, not these themselves. */
export function descendantsOf(pids) {
  const processes = allProcesses();
  const found = new Set(pids);
  for (let grown = true; grown;) {
    const more = processes.filter(({ pid, parent }) => found.has(parent) && !found.has(pid));
    for (const { pid } of more) found.add(pid);
    grown = more.length > 0;
  }
  for (const pid of pids) found.delete(pid);
  return [...found];
}

/** The value of a variable in a process's environment; '' when it has none. */
export function environmentOf(pid, variable) {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return entries.find((entry) => entry.startsWith(`${variable}=`))?.slice(variable.length + 1) ?? '';
  } catch {
    return '';
  }
}

/** The user id a process runs with, or null. */
export const ownerOf = (pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null;

/** Where a link such as `exe` or `cwd` of a process leads; '' when it has ended. */
export function linkOf(pid, link) {
  try {
    return readlinkSync(`/proc/${pid}/${link}`);
  } catch {
    return '';
  }
}

export function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

/** Ends processes: TERM, and KILL for what is left after `seconds`. Resolves when the last one is gone. */
export async function endProcesses(pids, seconds) {
  const started = new Map(pids.map((pid) => [pid, statOf(pid)?.started]));
  const left = () => pids.filter((pid) => isAlive(statOf(pid)) && statOf(pid)?.started === started.get(pid));
  signalAll(left(), 'SIGTERM');
  // A stopped process takes the TERM only when it goes on.
  signalAll(left(), 'SIGCONT');
  const gone = () => left().length === 0;
  await waitFor('processes to end', seconds, gone, 20).catch(() => signalAll(left(), 'SIGKILL'));
  await waitFor(`processes ${left().join(' ')} to die`, 10, gone, 20);
}

const recordFile = (directory, name) => join(directory, `${name.replace(':', '.')}.process.json`);

/** The recorded process of that name while it lives, else null. */
export function findRecorded(directory, name) {
  try {
    const record = JSON.parse(readFileSync(recordFile(directory, name), 'utf8'));
    const stat = statOf(record.pid);
    return isAlive(stat) && stat.started === record.started ? stat : null;
  } catch {
    return null;
  }
}

export const recordedNames = (directory) =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.process.json'))
    .map((file) => file.slice(0, -'.process.json'.length).replace('.', ':'));

export const forgetRecorded = (directory, name) => rmSync(recordFile(directory, name), { force: true });

/**
 * Starts a daemon that outlives this program, in a session of its own, its output appended to a file.
 *
 * The pid recorded is the daemon's own as long as `argv` only ever execs, which setpriv and enter-root.sh do.
 */
export function startRecorded(directory, name, { argv, environment = {}, log }) {
  const output = openSync(log, 'a');
  const child = spawn(argv[0], argv.slice(1), {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: '/',
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      ...environment,
    },
  });
  closeSync(output);
  child.on('error', () => {}); // Told by the check that follows every start: nobody answers.
  child.unref();
  const stat = child.pid === undefined ? null : statOf(child.pid);
  if (stat === null) throw new Error(`${argv[0]} could not be started`);
  writeFileSync(recordFile(directory, name), JSON.stringify({ pid: stat.pid, started: stat.started, argv }));
}
