import { jobToken, parseJobToken, type JobToken } from '@meridian/core';

/**
 * The attempts behind one line of squeue or sacct, by the job's name and its index in its array: nothing, `4`, or several
 * tasks that never began and share a line, `[3-5,9%2]`.
 */
export function tokensOf(name: string, indices: string): JobToken[] {
  const first = parseJobToken(name);
  if (first === null) return [];
  // The name is the token of an array's first run; a task's index is its run's distance from that.
  return distances(indices).map((distance) => jobToken({ ...first, runId: first.runId + distance }));
}

function distances(indices: string): number[] {
  if (!/^\[?\d/.test(indices)) return [0];
  const list = indices.replace(/^\[|%\d+|\]$/g, '').split(',');
  return list.flatMap((range) => {
    const [from = '', to = from] = range.split('-');
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at);
  });
}
