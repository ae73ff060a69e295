/** What kind of mistake a failure is; each outer surface (HTTP, command line) maps it to its own code. */
export const DOMAIN_ERROR_KINDS = [
  'invalid',
  'not_found',
  'conflict',
  'forbidden',
  'unauthenticated',
  'unavailable',
] as const;
export type DomainErrorKind = (typeof DOMAIN_ERROR_KINDS)[number];

/** One thing that is wrong, and where: `path` is a JSON pointer into what the caller sent. */
export interface Problem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/**
 * A failure the caller can act on.
 *
 * `code` is stable and part of the API (docs/errors.md lists every one); the text is not.
 * `action` says what to do next, in one sentence.
 */
export class DomainError extends Error {
  readonly kind: DomainErrorKind;
  readonly code: string;
  readonly action: string;
  readonly problems: readonly Problem[];

  constructor(options: {
    kind: DomainErrorKind;
    code: string;
    message: string;
    action: string;
    problems?: readonly Problem[];
  }) {
    super(options.message);
    this.name = 'DomainError';
    this.kind = options.kind;
    this.code = options.code;
    this.action = options.action;
    this.problems = options.problems ?? [];
  }
}
