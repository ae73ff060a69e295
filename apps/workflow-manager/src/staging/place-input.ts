import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readlink, realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import type { LinkedFile } from '@meridian/core';
import type { InputCopy, RunInput } from '@meridian/ops-db';
import { errorCode, isSourceAway, messageOf, SourceAway, StagingFailure } from './staging-problem.js';
import { replaceAtomically } from './write-atomically.js';

export interface InputPlacement {
  readonly input: RunInput;
  /** Absolute path inside the attempt's input directory. */
  readonly target: string;
  /** What the processing location does with files that are elsewhere. */
  readonly staging: 'link' | 'copy';
}

/**
 * Makes the input available under `target`, from the best copy that is as registered. Returns what the link leads to, or null for a
 * copy of its own.
 *
 * A link leads to the file as it is registered; where that is itself a link, or is behind one, it leads to the file itself: in a
 * container, which sees little of the host, nothing else is sure to lead anywhere. Doing it again finds what is there and changes nothing.
 *
 * @throws StagingFailure STAGING that names every copy that was tried and what is wrong with it
 * @throws SourceAway when no copy is good and one is on a file system that does not answer
 */
export async function placeInput({ input, target, staging }: InputPlacement): Promise<LinkedFile | null> {
  if (input.sha256 !== input.currentSha256) {
    throw new StagingFailure(
      'STAGING',
      `input ${input.name} (item ${input.itemId}) was registered with new content after the run was created; ` +
        'the run is outdated, and its sub-group will get a new one',
    );
  }
  const problems: string[] = [];
  let isAway = false;
  for (const copy of input.copies) {
    const source = join(copy.basePath, copy.path);
    const problem = await problemOf(source, input.sizeBytes);
    if (problem === null) {
      const linked = copy.isLocal || staging === 'link';
      const file = linked ? await linkedFile(copy) : null;
      const mismatch =
        file === null ? await copyTo({ source, target, input }) : await linkTo(file.target, target);
      if (mismatch === null) return file;
      problems.push(describe(copy, mismatch));
      continue;
    }
    isAway ||= problem.isAway;
    problems.push(describe(copy, problem.text));
  }
  if (isAway) throw new SourceAway(`input ${input.name} cannot be read now: ${problems.join('; ')}`);
  throw new StagingFailure('STAGING', missingReason(input, problems));
}

const describe = (copy: InputCopy, problem: string): string =>
  `${join(copy.basePath, copy.path)} at location ${copy.location} ${problem}`;

const missingReason = (input: RunInput, problems: readonly string[]): string =>
  problems.length === 0
    ? `input ${input.name} (item ${input.itemId}) has no copy left; register a copy of it, then retry the run`
    : `input ${input.name} (item ${input.itemId}) cannot be staged: ${problems.join('; ')}; restore the file as it was registered, or register it again, then retry the run`;

interface SourceProblem {
  readonly text: string;
  readonly isAway: boolean;
}

/** What is wrong with a source file; null when it is there with the size that was registered. */
async function problemOf(source: string, sizeBytes: number): Promise<SourceProblem | null> {
  try {
    const found = await stat(source);
    if (!found.isFile()) return { text: 'is not a file', isAway: false };
    if (found.size === sizeBytes) return null;
    return { text: `has changed: it has ${found.size} bytes, registered are ${sizeBytes}`, isAway: false };
  } catch (error) {
    return { text: describeReadError(error), isAway: isSourceAway(error) };
  }
}

function describeReadError(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'is missing';
  if (code === 'EACCES') return 'cannot be read by the workflow-manager: permission denied';
  return `cannot be read: ${messageOf(error)}`;
}

async function linkedFile({ basePath, path }: InputCopy): Promise<LinkedFile> {
  const registered = join(basePath, path);
  const real = await realpath(registered);
  const isPlain = real === join(await realpath(basePath), path);
  return isPlain ? { target: registered, real, base: basePath } : { target: real, real, base: null };
}

/** Null: a link cannot differ from what it leads to. */
async function linkTo(source: string, target: string): Promise<null> {
  try {
    await symlink(source, target);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const present = await readlink(target).catch(() => null);
    if (present !== source) await replaceAtomically(target, (temporary) => symlink(source, temporary));
  }
  return null;
}

interface CopyRequest {
  readonly source: string;
  readonly target: string;
  readonly input: RunInput;
}

/** What was wrong with the bytes; null when they are the registered ones and lie under `target`. */
async function copyTo({ source, target, input }: CopyRequest): Promise<string | null> {
  const present = await lstat(target).catch(() => null);
  // A file gets this name only by the rename below, after its checksum was found right.
  if (present?.isFile() === true && present.size === input.sizeBytes) return null;
  try {
    await replaceAtomically(target, async (temporary) => {
      const hash = createHash('sha256');
      const reader = createReadStream(source);
      reader.on('data', (chunk) => hash.update(chunk));
      await pipeline(reader, createWriteStream(temporary, { flags: 'wx', mode: 0o644 }));
      const sha256 = hash.digest('hex');
      if (sha256 !== input.sha256)
        throw new ChecksumMismatch(`has changed: its sha256 is ${sha256}, registered is ${input.sha256}`);
    });
    return null;
  } catch (error) {
    if (error instanceof ChecksumMismatch) return error.message;
    // Reading and writing fail with the same codes; only the path says whose fault it was.
    if (isNativeError(error) && 'path' in error && error.path === source) return describeReadError(error);
    throw error;
  }
}

class ChecksumMismatch extends Error {}
