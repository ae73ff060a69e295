import { isNativeError } from 'node:util/types';
import { messageOf, type FailureClass } from '@meridian/core';
import { SiteAway } from '@meridian/hpc';
import type { LostCopy } from '@meridian/ops-db';

/** The run itself cannot be staged: it fails, with a reason that says what to do. */
export class StagingFailure extends Error {
  constructor(
    readonly failureClass: FailureClass,
    reason: string,
  ) {
    super(reason);
    this.name = 'StagingFailure';
  }
}

/** A product that the run needs has no good copy any more; its recipe can make it again. */
export class InputLost extends Error {
  constructor(
    readonly itemId: number,
    /** What was found of its copies. */
    readonly lost: readonly LostCopy[],
    reason: string,
  ) {
    super(reason);
    this.name = 'InputLost';
  }
}

/** The place cannot take any run now, through no fault of the run: it waits and says so. */
export class SiteProblem extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'SiteProblem';
  }
}

/** An input is on a file system that does not answer now: its run waits, others go on. */
export class SourceAway extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'SourceAway';
  }
}

/** What to tell people about a place that cannot be written. Anything else is a failure of the one run. */
const SITE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space or raise the quota',
  EROFS: 'the file system is read-only: remount it for writing',
  EACCES: 'permission is denied: give the workflow-manager write access',
  EPERM: 'the operation is not permitted: give the workflow-manager write access',
  EIO: 'the file system reports input/output errors: check the disk',
  ESTALE: 'the network file system lost its server: remount it',
  ETIMEDOUT: 'the network file system does not answer: check its server',
  EMFILE: 'too many files are open: raise the limit of the workflow-manager',
  ENFILE: 'too many files are open on this machine: raise its limit',
};

export const errorCode = (error: unknown): string | null =>
  isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Throws `error` as the problem that it is of the place where an attempt is written. */
export function writeProblem(error: unknown, location: string, path: string): Error {
  if (error instanceof StagingFailure || error instanceof SiteProblem) return error;
  if (error instanceof SourceAway || error instanceof InputLost) return error;
  if (error instanceof SiteAway)
    return new SiteProblem(`location ${location} does not answer: ${error.message}`);
  const code = errorCode(error);
  const advice = code === null ? undefined : SITE_PROBLEMS[code];
  if (advice !== undefined)
    return new SiteProblem(`location ${location} cannot be written (${path}): ${advice}`);
  return new StagingFailure('INFRASTRUCTURE', `staging at location ${location} failed: ${messageOf(error)}`);
}

/** True for errors that come and go with the file system that an input is on, and say nothing about the file. */
export const isSourceAway = (error: unknown): boolean =>
  ['EIO', 'ESTALE', 'ETIMEDOUT', 'EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');
