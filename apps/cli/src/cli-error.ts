import type { Problem } from '@meridian/core';

/** What a process that called us can tell apart. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2, inputData: 3, other: 10 } as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/**
 * A failure that is explained to a person: one sentence, then what to try next.
 *
 * `action` is a command or an instruction that can be followed as it stands.
 */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly action: string;
  readonly problems: readonly Problem[];

  constructor(options: {
    message: string;
    action: string;
    exitCode: ExitCode;
    problems?: readonly Problem[];
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.exitCode = options.exitCode;
    this.action = options.action;
    this.problems = options.problems ?? [];
  }
}

/** True for a failed file-system call with this code (`ENOENT`, `EACCES`, …). */
export const hasErrorCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
