import type { JobSpec, JobToken } from '@meridian/core';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { processesOf } from '../process-table.js';

export const tokensIn = (base: string): string[] =>
  existsSync(base) ? readdirSync(base).filter((name) => name.startsWith('mrd-')) : [];

/** A job whose script does `commands`; `cpus` and `walltimeMinutes` as asked. */
export function jobOf(
  base: string,
  name: JobToken,
  commands: string,
  resources: Partial<JobSpec['resources']> = {},
): JobSpec {
  const directory = `${base}/${name}`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/job.sh`, `#!/bin/sh\necho run >>starts\n${commands}\n`);
  return {
    token: name,
    label: 'imaging/extract',
    scriptPath: `${directory}/job.sh`,
    directory,
    stdoutPath: `${directory}/job.out`,
    stderrPath: `${directory}/job.err`,
    resources: { cpus: 1, memoryMb: 10, walltimeMinutes: 1, ...resources },
  };
}

export const startsOf = (base: string, name: JobToken): number => {
  const path = `${base}/${name}/starts`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
};

export async function untilGone(name: JobToken): Promise<void> {
  for (
    const deadline = Date.now() + 20_000;
    processesOf(name).length > 0;
    await new Promise((resolve) => setTimeout(resolve, 20))
  ) {
    if (Date.now() > deadline)
      throw new Error(`processes of ${name} are left: ${processesOf(name).join(' ')}`);
  }
}

export const HELD = 'while [ ! -e release ]; do sleep 0.05; done';
