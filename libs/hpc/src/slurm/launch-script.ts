import { quoteShell, type JobSpec } from '@meridian/core';
import type { PlannedSubmission } from './plan-arrays.js';

/**
 * The batch script of one submission: looks up the task's own job script and becomes it.
 *
 * It goes to Slurm whole, so a task needs nothing that might be gone by the time it starts. Slurm sends every task the script of its whole
 * array, and each has to read it: what the tasks have in common is written once. The id it passes on is the one that Meridian knows the
 * job by; inside an array SLURM_JOB_ID is another number.
 */
export function launchScript(
  { name, jobs, indices }: PlannedSubmission,
  environment: Readonly<Record<string, string>>,
): string {
  const exports = Object.entries(environment).map(([key, value]) => `export ${key}=${quoteShell([value])}`);
  const common = commonBeginning(jobs.map(({ directory }) => directory));
  const files = jobs.map((job) => quoteShell(filesOf(job)));
  const areAlike = files.every((words) => words === files[0]);
  const launches = jobs.map(({ directory }, at) => {
    const words = areAlike ? '"$@"' : (files[at] ?? '');
    const launch = `launch ${quoteShell([directory.slice(common.length)])} ${words}`;
    return indices === null ? launch : `${indices[at] ?? ''}) ${launch} ;;`;
  });
  const id = indices === null ? '"$SLURM_JOB_ID"' : '"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"';
  return [
    '#!/bin/sh',
    `# ${name}: written by Meridian, explained in docs/container-contract.md`,
    // One command from here to the end: of a script that was cut off, a shell runs nothing and says so.
    '{',
    'set -u',
    ...exports,
    `export MERIDIAN_JOB_ID=${id}`,
    `common=${quoteShell([common])}`,
    'launch() {',
    '  cd "$common$1" && exec /bin/sh "$2" >>"$3" 2>>"$4"',
    '  exit 1',
    '}',
    ...(areAlike ? [`set -- ${files[0] ?? ''}`] : []),
    ...(indices === null ? launches : ['case "$SLURM_ARRAY_TASK_ID" in', ...launches, 'esac']),
    'echo "no job script for this task" >&2',
    'exit 1',
    '}',
    '',
  ].join('\n');
}

/** Script, output and errors of a job, as they are called from its directory. */
const filesOf = ({ directory, scriptPath, stdoutPath, stderrPath }: JobSpec): string[] =>
  [scriptPath, stdoutPath, stderrPath].map((path) =>
    path.startsWith(`${directory}/`) ? `./${path.slice(directory.length + 1)}` : path,
  );

function commonBeginning([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
