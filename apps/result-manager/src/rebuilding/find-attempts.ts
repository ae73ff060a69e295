import { join } from 'node:path';
import { jobToken, type JobToken } from '@meridian/core';
import type { SiteFiles } from '@meridian/hpc';

/** A directory that some attempt had, by its name. */
export interface FoundAttempt {
  readonly installation: string;
  readonly runId: number;
  readonly attempt: number;
  readonly token: JobToken;
  /** Relative to the base of the location. */
  readonly directory: string;
}

const ATTEMPT_NAME = /^([a-z0-9]{4,16})-([1-9]\d{0,14})\.([1-9]\d{0,8})$/;
/** `<pipeline>/<sub-group>/<step>/` */
const DEPTH = 3;

/** Every attempt directory below a base: those of one installation after one another, in the order of runs, so that what made something comes before what took it. */
export async function findAttempts(
  files: Pick<SiteFiles, 'list'>,
  basePath: string,
): Promise<FoundAttempt[]> {
  const found: FoundAttempt[] = [];
  const look = async (directory: string, depth: number): Promise<void> => {
    for (const { name, kind } of (await files.list(join(basePath, directory))) ?? []) {
      if (kind !== 'directory') continue;
      const path = directory === '' ? name : `${directory}/${name}`;
      if (depth < DEPTH) await look(path, depth + 1);
      else found.push(...attemptOf(path, name));
    }
  };
  await look('', 0);
  return found.sort(
    (left, right) =>
      left.installation.localeCompare(right.installation) ||
      left.runId - right.runId ||
      left.attempt - right.attempt,
  );
}

function attemptOf(directory: string, name: string): FoundAttempt[] {
  const [, installation, run, number] = ATTEMPT_NAME.exec(name) ?? [];
  if (installation === undefined) return [];
  const identity = { installation, runId: Number(run), attempt: Number(number) };
  return [{ ...identity, token: jobToken(identity), directory }];
}
