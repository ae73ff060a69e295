import { listAt, numberAt, textAt } from './json-reading.js';
import { meaningOf } from './slurm-errors.js';

/**
 * Slurm's words when it did not cancel a job that is there, from the `status` list that v0.0.42 and DELETE /jobs have; else null.
 *
 * v0.0.40 and v0.0.41 answer a plain 200 for one job of somebody else's: nothing tells it from success.
 */
export function readCancelRefusal(body: unknown): string | null {
  for (const entry of listAt(body, 'status') ?? []) {
    const code = numberAt(entry, 'error', 'code') ?? 0;
    if (code !== 0 && meaningOf(code) !== 'gone' && meaningOf(code) !== 'remark')
      return `${textAt(entry, 'step_id') ?? 'a job'}: ${textAt(entry, 'error', 'string') ?? 'an error without words'} (${code})`;
  }
  return null;
}
