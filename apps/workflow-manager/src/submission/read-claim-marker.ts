import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ATTEMPT_FILES } from '@meridian/core';
import { errorCode } from '../staging/staging-problem.js';
import type { ClaimMarker } from './decide-reconciliation.js';

/**
 * The claim marker in an attempt's directory.
 *
 * @throws when the file system does not answer: then nothing is known
 */
export async function readClaimMarker(attemptDirectory: string): Promise<ClaimMarker> {
  const exists = await orNull(stat(join(attemptDirectory, ATTEMPT_FILES.claim)));
  if (exists === null) return { kind: 'none' };
  const jobId = (await orNull(readFile(join(attemptDirectory, ATTEMPT_FILES.claimJob), 'utf8')))?.trim();
  return { kind: 'taken', jobId: jobId === undefined || jobId === '' ? null : jobId };
}

/** Whether the job script is still where the attempt was staged. */
export const hasJobScript = async (attemptDirectory: string): Promise<boolean> =>
  (await orNull(stat(join(attemptDirectory, ATTEMPT_FILES.script)))) !== null;

async function orNull<Value>(read: Promise<Value>): Promise<Value | null> {
  try {
    return await read;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
