import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { hasErrorCode } from '../cli-error.js';

/** A process that cannot be mistaken for another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the system started it, in the system's own words; null when the system would not say. */
  readonly started: string | null;
}

/** The identity of a living process; null when no process has this number (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if (!hasErrorCode(error, 'EPERM')) return null;
  }
  return platform() === 'linux' ? identifyFromProc(pid) : { pid, started: fromPs(pid, 'lstart=') };
}

/** True while this very process lives. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return (
    now !== null && (identity.started === null || now.started === null || now.started === identity.started)
  );
}

/** The command line of a process; empty when it cannot be read. */
export function commandLineOf(pid: number): string {
  if (platform() !== 'linux') return fromPs(pid, 'args=') ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

// Fields after the command's closing parenthesis: state is the first, start time in clock ticks since boot the 20th (proc(5)).
function identifyFromProc(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : { pid, started: fields[19] ?? null };
  } catch {
    return null;
  }
}

function fromPs(pid: number, format: string): string | null {
  try {
    return execFileSync('ps', ['-o', format, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
