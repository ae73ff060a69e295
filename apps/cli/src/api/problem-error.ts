import { isJsonObject } from '@meridian/core';
import type { Problem } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';

/** An answer of the API that is not a success, as the problem document (RFC 9457) explained it. */
export class ProblemError extends CliError {
  readonly status: number;
  readonly code: string;

  constructor(status: number, body: unknown) {
    const document = isJsonObject(body) ? body : {};
    const text = (name: string, fallback: string): string =>
      typeof document[name] === 'string' ? document[name] : fallback;
    super({
      message: text('detail', text('title', `The API answered ${status}.`)),
      action: text(
        'action',
        status >= 500 ? 'Look into the log of ops-db-api, then try again.' : 'See "meridian --help".',
      ),
      exitCode: exitCodeOf(status),
      problems: Array.isArray(document['problems']) ? (document['problems'] as readonly Problem[]) : [],
    });
    this.name = 'ProblemError';
    this.status = status;
    this.code = text('code', `http.${status}`);
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status >= 500 || status === 429) return EXIT_CODES.other;
  return EXIT_CODES.usage;
}
