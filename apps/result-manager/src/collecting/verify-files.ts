import type { ResultFile } from '@meridian/core';
import { mapConcurrently } from '@meridian/daemon';
import type { AttemptDirectory } from './attempt-directory.js';

/** How many outputs are hashed again after the compute node has done so; sizes are always compared. */
export const HASH_POLICIES = ['none', 'sample', 'full'] as const;
export type HashPolicy = (typeof HASH_POLICIES)[number];

const MAX_SAMPLED_BYTES = 64 * 1024 * 1024;
const FILES_AT_ONCE = 16;

/**
 * One sentence per recorded file that is not there as it was recorded; none when all are. Rejects when the disk does not answer.
 *
 * `sample` hashes the files up to 64 MiB whose recorded hash begins with 0: one in sixteen, the same ones each time.
 */
export async function verifyFiles(
  directory: AttemptDirectory,
  files: readonly ResultFile[],
  policy: HashPolicy,
): Promise<string[]> {
  const problems = await mapConcurrently(files, FILES_AT_ONCE, async (file) => {
    const name = JSON.stringify(file.path);
    const size = await directory.outputSize(file.path);
    if (size === null) return `${name} is recorded and not there`;
    if (size !== file.sizeBytes) return `${name} has ${size} bytes, recorded are ${file.sizeBytes}`;
    if (!isHashed(file, policy)) return null;
    const hash = await directory.hashOutput(file.path);
    return hash === file.sha256
      ? null
      : `${name} has another checksum than the one recorded on the compute node`;
  });
  return problems.filter((problem) => problem !== null);
}

function isHashed(file: ResultFile, policy: HashPolicy): boolean {
  switch (policy) {
    case 'none':
      return false;
    case 'sample':
      return file.sha256.startsWith('0') && file.sizeBytes <= MAX_SAMPLED_BYTES;
    case 'full':
      return true;
  }
}
