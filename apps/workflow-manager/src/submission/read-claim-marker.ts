import { join } from 'node:path';
import { ATTEMPT_FILES } from '@meridian/core';
import type { SiteFiles } from '@meridian/hpc';
import type { ClaimMarker } from './decide-reconciliation.js';

const MAX_JOB_ID_BYTES = 4_096;

/**
 * The claim marker in an attempt's directory.
 *
 * @throws when the site's files cannot be looked at: then nothing is known
 */
export async function readClaimMarker(files: SiteFiles, attemptDirectory: string): Promise<ClaimMarker> {
  if ((await files.stat(join(attemptDirectory, ATTEMPT_FILES.claim))) === null) return { kind: 'none' };
  const text = await files.read(join(attemptDirectory, ATTEMPT_FILES.claimJob), MAX_JOB_ID_BYTES);
  const jobId = text?.trim() ?? '';
  return { kind: 'taken', jobId: jobId === '' ? null : jobId };
}

/** Whether the job script is still where the attempt was staged. */
export const hasJobScript = async (files: SiteFiles, attemptDirectory: string): Promise<boolean> =>
  (await files.stat(join(attemptDirectory, ATTEMPT_FILES.script))) !== null;
