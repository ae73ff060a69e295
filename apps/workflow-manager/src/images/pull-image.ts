import { spawn } from 'node:child_process';
import { messageOf } from '@meridian/core';
import { ImageUnusable } from './image-problem.js';

export interface ImagePull {
  /** `apptainer` or `singularity`: the program's name or its absolute path. */
  readonly program: string;
  /** With its digest. */
  readonly reference: string;
  /** Where the SIF file goes; what is there is replaced. */
  readonly target: string;
  /** Without TLS. */
  readonly isInsecure: boolean;
}

const LAST_WORDS = 4096;

/**
 * Fetches an image as a SIF file, as this process's user.
 *
 * @throws ImageUnusable with the runtime's own last words
 */
export async function pullImage(pull: ImagePull, signal: AbortSignal): Promise<void> {
  const { program, reference, target, isInsecure } = pull;
  const options = ['--force', '--disable-cache', ...(isInsecure ? ['--no-https'] : [])];
  const child = spawn(program, ['--quiet', 'pull', ...options, target, reference], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-LAST_WORDS);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ImageUnusable(startProblem(program, error)));
    });
    child.once('close', resolve);
  });
  if (code !== 0) throw new ImageUnusable(`cannot be fetched: ${lastWords(said, code)}`);
}

const startProblem = (program: string, error: NodeJS.ErrnoException): string =>
  error.code === 'ENOENT'
    ? `cannot be fetched: ${program} is not installed where the workflow-manager runs`
    : `cannot be fetched: ${messageOf(error)}`;

function lastWords(said: string, code: number | null): string {
  if (/no space left on device|disk quota exceeded/i.test(said)) return 'the disk is full; free some space';
  const fatal = /^FATAL: +(\S[^]*)/m.exec(said)?.[1] ?? said;
  const words = fatal.replace(/\s+/g, ' ').trim().slice(0, 500);
  return words === '' ? `the runtime ended with ${code === null ? 'a signal' : `code ${code}`}` : words;
}
