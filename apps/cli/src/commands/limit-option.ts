import { CliError, EXIT_CODES } from '../cli-error.js';

/** A `--limit` from the command line. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new CliError({
    message: `--limit ${text} is not a number above 0.`,
    action: 'For example: --limit 50',
    exitCode: EXIT_CODES.usage,
  });
}
