import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isJsonObject } from '@meridian/core';
import { hasErrorCode } from '../cli-error.js';
import type { Home } from './home.js';
import { readJsonFile } from './home.js';
import { identify, isSameProcess } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

export type LockOutcome =
  { readonly kind: 'taken' } | { readonly kind: 'held'; readonly by: ProcessIdentity };

/**
 * Makes this process the only supervisor of a home.
 *
 * The lock of a process that is gone, or whose number another process has by now, is broken. Two processes that
 * find it stale at the same moment cannot both get it: only one link() succeeds, and a rename that took somebody's
 * fresh lock away puts it back.
 */
export function takeLock(home: Home): LockOutcome {
  const mine = identify(process.pid) ?? { pid: process.pid, started: null };
  const candidate = `${home.lock}.${process.pid}`;
  writeFileSync(candidate, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(candidate, home.lock)) return { kind: 'taken' };
      const holder = holderOf(home.lock);
      if (holder !== null && isSameProcess(holder)) return { kind: 'held', by: holder };
      breakLock(home.lock, holder);
    }
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Gives the home back; does nothing when the lock is not ours. */
export function releaseLock(home: Home): void {
  if (holderOf(home.lock)?.pid === process.pid) rmSync(home.lock, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function holderOf(lock: string): ProcessIdentity | null {
  const value = readJsonFile(lock);
  if (!isJsonObject(value) || typeof value['pid'] !== 'number') return null;
  return { pid: value['pid'], started: typeof value['started'] === 'string' ? value['started'] : null };
}

function breakLock(lock: string, judged: ProcessIdentity | null): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = holderOf(aside);
  const tookAnother = moved !== null && (moved.pid !== judged?.pid || moved.started !== judged.started);
  if (tookAnother) linked(aside, lock);
  rmSync(aside, { force: true });
}
