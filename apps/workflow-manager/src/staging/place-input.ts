import { join } from 'node:path';
import { messageOf, type LinkedFile } from '@meridian/core';
import {
  mountedFiles,
  SiteAway,
  SourceChanged,
  SourceUnreadable,
  type SiteFiles,
  type Upload,
} from '@meridian/hpc';
import type { InputCopy, LostCopy, RunInput } from '@meridian/ops-db';
import { errorCode, InputLost, isSourceAway, SourceAway, StagingFailure } from './staging-problem.js';

export interface InputPlacement {
  readonly input: RunInput;
  /** Absolute path inside the attempt's input directory. */
  readonly target: string;
  /** What the processing location does with files that are elsewhere. */
  readonly staging: 'link' | 'copy';
  /** Of the processing location. */
  readonly files: SiteFiles;
}

/**
 * Makes the input available under `target`, from the best copy that is as registered. Returns what the link leads to, or null for a
 * copy of its own.
 *
 * A link leads to the file as it is registered; where that is itself a link, or is behind one, it leads to the file itself: in a
 * container, which sees little of the host, nothing else is sure to lead anywhere. Doing it again finds what is there and changes nothing.
 *
 * @throws StagingFailure STAGING that names every copy that was tried and what is wrong with it
 * @throws InputLost for a product of which every copy is gone or not as registered
 * @throws SourceAway when no copy is good and one is on a file system that does not answer
 */
export async function placeInput({
  input,
  target,
  staging,
  files,
}: InputPlacement): Promise<LinkedFile | null> {
  if (input.sha256 !== input.currentSha256) {
    throw new StagingFailure(
      'STAGING',
      `input ${input.name} (item ${input.itemId}) was registered with new content after the run was created; ` +
        'the run is outdated, and its sub-group will get a new one',
    );
  }
  const problems: string[] = [];
  const lost: LostCopy[] = [];
  let isAway = false;
  for (const copy of input.copies) {
    const source = join(copy.basePath, copy.path);
    const problem = await problemOf(copy.isLocal ? files : mountedFiles, source, input.sizeBytes);
    if (problem === null) {
      // A link to what is elsewhere leads nowhere at a site that does not share our file systems.
      if (copy.isLocal || (staging === 'link' && files.reach === 'mounted')) {
        const file = await linkedFile(files, copy);
        await files.link(file.target, target);
        return file;
      }
      const { sizeBytes, sha256 } = input;
      const mismatch = await bring(files, { source, target, sizeBytes, sha256 });
      if (mismatch === null) return null;
      problems.push(describe(copy, mismatch.text));
      if (mismatch.damage !== null) lost.push({ copyId: copy.copyId, becomes: mismatch.damage });
      continue;
    }
    isAway ||= problem.isAway;
    problems.push(describe(copy, problem.text));
    if (problem.damage !== null) lost.push({ copyId: copy.copyId, becomes: problem.damage });
  }
  if (isAway) throw new SourceAway(`input ${input.name} cannot be read now: ${problems.join('; ')}`);
  const reason = missingReason(input, problems);
  const certain = input.productType === null ? [] : await certainly(lost, input, files);
  if (certain.length === 0 || certain.length < input.copies.length)
    throw new StagingFailure('STAGING', reason);
  throw new InputLost(input.itemId, certain, reason);
}

/** A file system that is not mounted has lost nothing: at least something has to be at the base. */
async function certainly(
  lost: readonly LostCopy[],
  { copies }: RunInput,
  files: SiteFiles,
): Promise<LostCopy[]> {
  const certain: LostCopy[] = [];
  for (const one of lost) {
    const copy = copies.find(({ copyId }) => copyId === one.copyId);
    if (copy === undefined) continue;
    const entries = await (copy.isLocal ? files : mountedFiles).list(copy.basePath).catch(() => null);
    if (one.becomes === 'CORRUPT' || (entries ?? []).length > 0) certain.push(one);
  }
  return certain;
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
  /** What it says of the copy; null when that is not known. */
  readonly damage: LostCopy['becomes'] | null;
}

/** What is wrong with a source file; null when it is there with the size that was registered. */
async function problemOf(files: SiteFiles, source: string, sizeBytes: number): Promise<SourceProblem | null> {
  try {
    const found = await files.stat(source);
    if (found === null) return { text: 'is missing', isAway: false, damage: 'MISSING' };
    if (found.kind !== 'file') return { text: 'is not a file', isAway: false, damage: 'MISSING' };
    if (found.size === sizeBytes) return null;
    const text = `has changed: it has ${found.size} bytes, registered are ${sizeBytes}`;
    return { text, isAway: false, damage: 'CORRUPT' };
  } catch (error) {
    // No other input could be looked at there either.
    if (error instanceof SiteAway) throw error;
    return { ...readProblem(error), isAway: isSourceAway(error) };
  }
}

function readProblem(error: unknown): Pick<SourceProblem, 'text' | 'damage'> {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { text: 'is missing', damage: 'MISSING' };
  if (code === 'EACCES')
    return { text: 'cannot be read by the workflow-manager: permission denied', damage: null };
  return { text: `cannot be read: ${messageOf(error)}`, damage: null };
}

async function linkedFile(files: SiteFiles, { basePath, path }: InputCopy): Promise<LinkedFile> {
  const registered = join(basePath, path);
  const real = await files.realPath(registered);
  const isPlain = real === join(await files.realPath(basePath), path);
  return isPlain ? { target: registered, real, base: basePath } : { target: real, real, base: null };
}

/** What was wrong with the source's bytes; null when they are the registered ones and lie under `target`. */
async function bring(
  files: SiteFiles,
  upload: Upload,
): Promise<Pick<SourceProblem, 'text' | 'damage'> | null> {
  try {
    await files.upload(upload);
    return null;
  } catch (error) {
    if (error instanceof SourceChanged) return { text: error.message, damage: 'CORRUPT' };
    if (error instanceof SourceUnreadable) return readProblem(error.cause);
    throw error;
  }
}
