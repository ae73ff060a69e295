import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnswers, type CommandAnswer } from '../shell-program.js';
import { separatorOf } from '../slurm-commands.js';

/**
 * What real clusters printed when the programs of slurm-commands.ts ran there, with this marker. Jobs were handed in in the
 * same order at each, so that they have the same ids.
 */
export const MARKER = 'c0ffeec0ffee';
export const SEPARATOR = separatorOf(MARKER);
export const VERSIONS = ['22.05', '24.11', '26.05'];
const FIXTURES = join(__dirname, '..', 'fixtures');

export const bytes = (version: string, name: string): Buffer =>
  readFileSync(join(FIXTURES, version, `${name}.txt`));

export function answers(version: string, name: string): CommandAnswer[] {
  const read = readAnswers(MARKER, bytes(version, name));
  if (read === null) throw new Error(`${version}/${name} is not a whole answer`);
  return read;
}

/** The answer of the one command that there is. */
export const only = (version: string, name: string): CommandAnswer =>
  answers(version, name)[0] ?? { exit: -1, stdout: '', stderr: '' };

export const namesOf = (version: string): string[] =>
  readdirSync(join(FIXTURES, version)).map((file) => file.replace(/\.txt$/, ''));
