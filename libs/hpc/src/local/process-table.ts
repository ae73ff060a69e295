import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** What `processes/<token>` says: which process is the job, on which boot of which machine, and since when. */
export interface JobProcess {
  readonly pid: number;
  /** Clock ticks after boot: with the boot id it tells this process from a later one of the same number. */
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly host: string;
  readonly startedAt: Date;
}

/** `elsewhere`: the process is on another machine, or in a container that cannot be looked into. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

/** A line of six words; null when it is anything else. */
export function parseJobProcess(text: string): JobProcess | null {
  const match = /^(\d+) (\d+) ([0-9a-f-]+) (\S+) (\S+) (\d+)\n$/.exec(text);
  if (match === null) return null;
  const [, pid = '', startTicks = '', bootId = '', pidNamespace = '', host = '', started = ''] = match;
  return {
    pid: Number(pid),
    startTicks,
    bootId,
    pidNamespace,
    host,
    startedAt: new Date(Number(started) * 1000),
  };
}

/** State letter and start time out of `/proc/<pid>/stat`. The program's name, in brackets, may hold anything. */
export function parseProcessStat(text: string): { state: string; startTicks: string } | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? null : { state, startTicks };
}

/** A zombie is dead: it waits for a parent that may never come back. */
export function livenessOf(process: JobProcess): Liveness {
  const here = thisMachine();
  if (process.bootId !== here.bootId) return process.host === here.host ? 'dead' : 'elsewhere';
  if (process.pidNamespace !== here.pidNamespace) return 'elsewhere';
  const stat = parseProcessStat(readOrEmpty(`/proc/${process.pid}/stat`));
  return stat !== null && stat.startTicks === process.startTicks && !'ZX'.includes(stat.state)
    ? 'alive'
    : 'dead';
}

/** Every process that was started for the job, found by the variable that all of them inherit. */
export function processesOf(token: string): number[] {
  const mark = `\0MERIDIAN_JOB_ID=${token}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `\0${readOrEmpty(`/proc/${pid}/environ`)}`.includes(mark))
    .map(Number);
}

/** False when there is no such process any more. */
export function sendSignal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function thisMachine(): { bootId: string; pidNamespace: string; host: string } {
  return {
    bootId: readOrEmpty('/proc/sys/kernel/random/boot_id').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
    host: readOrEmpty('/proc/sys/kernel/hostname').trim(),
  };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
