import { quoteShell } from '@meridian/core';
import type { PlannedSubmission } from './plan-arrays.js';

/**
 * The batch script of one submission: looks up the task's own job script and becomes it.
 *
 * It goes to Slurm whole, so a task needs nothing that might be gone by the time it starts. The id it passes on is the one that
 * Meridian knows the job by; inside an array SLURM_JOB_ID is another number.
 */
export function launchScript(
  { name, jobs, indices }: PlannedSubmission,
  environment: Readonly<Record<string, string>>,
): string {
  const exports = Object.entries(environment).map(([key, value]) => `export ${key}=${quoteShell([value])}`);
  const launches = jobs.map((job, at) => {
    const launch = `launch ${quoteShell([job.scriptPath, job.stdoutPath, job.stderrPath])}`;
    return indices === null ? launch : `${indices[at] ?? ''}) ${launch} ;;`;
  });
  const id = indices === null ? '"$SLURM_JOB_ID"' : '"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"';
  return [
    '#!/bin/sh',
    `# ${name}: written by Meridian, explained in docs/container-contract.md`,
    'set -u',
    ...exports,
    `export MERIDIAN_JOB_ID=${id}`,
    'launch() {',
    '  exec /bin/sh "$1" >>"$2" 2>>"$3"',
    '}',
    ...(indices === null ? launches : ['case "$SLURM_ARRAY_TASK_ID" in', ...launches, 'esac']),
    'echo "no job script for this task" >&2',
    'exit 1',
    '',
  ].join('\n');
}
