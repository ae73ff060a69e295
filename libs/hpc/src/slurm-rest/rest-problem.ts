import { DomainError, messageOf, type DomainErrorKind } from '@meridian/core';
import { SlurmUnreachable } from '../slurm/slurm-client.js';

/** A cause that somebody can remove, in one sentence, and how. Nothing was asked of Slurm. */
export class RestProblem extends SlurmUnreachable {
  readonly code: string;
  readonly action: string;
  readonly kind: DomainErrorKind;

  constructor(problem: { code: string; message: string; action: string; kind?: DomainErrorKind }) {
    super(problem.message);
    this.code = problem.code;
    this.action = problem.action;
    this.kind = problem.kind ?? 'unavailable';
  }
}

/** What `describe` throws of anything that went wrong. */
export function asDomainError(error: unknown, url: string): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof RestProblem) {
    const { kind, code, message, action } = error;
    return new DomainError({ kind, code, message, action });
  }
  const why = messageOf(error);
  return new DomainError({
    kind: 'unavailable',
    code: 'slurm.unreachable',
    message: `Slurm behind slurmrestd at ${url} does not answer: ${why}.`,
    action: 'Nothing is lost: it is asked again. If it lasts, ask the site whether slurmctld is up.',
  });
}

/** The text without anything that looks like a token, since servers and commands may repeat what they were given. */
export const withoutTokens = (text: string): string => text.replace(/eyJ[\w-]*(\.[\w-]*){0,2}/g, '(token)');
