import { DomainError } from '@meridian/core';

interface PostgresError {
  readonly code: string;
  readonly table?: string;
  readonly constraint?: string;
}

const isPostgresError = (error: unknown): error is PostgresError =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';

const driverErrorOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'driverError' in error ? error.driverError : error;

const words = (identifier: string): string => identifier.replaceAll('_', ' ');

// libuv's and pg's names for "nobody answers there" have no SQLSTATE.
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
const BUSY = new Set(['40001', '40P01', '55P03', '57014']);
const UNREADABLE_VALUE = new Set(['22P02', '22003', '22007', '22008', '22021', '22P05', '22001', '54000']);

/**
 * What a database error means to the caller, or null when it is a defect of ours.
 *
 * Constraint names are sentences about what must hold, so the message of a violated one is its name; the statement and
 * its values never leave the process.
 */
export function domainErrorOf(error: unknown): DomainError | null {
  const cause = driverErrorOf(error);
  if (!isPostgresError(cause)) return null;
  return violationOf(cause) ?? conditionOf(cause);
}

/** The error for a constraint that the request breaks. */
function violationOf({ code, table = 'record', constraint }: PostgresError): DomainError | null {
  const rule = words(constraint ?? 'a rule of the database');
  switch (code) {
    case '23505':
      return new DomainError({
        kind: 'conflict',
        code: `${table}.already_exists`,
        message: `This ${words(table)} exists already: ${rule}.`,
        action: 'Use the existing one, or choose another name.',
      });
    case '23503':
      return new DomainError({
        kind: 'conflict',
        code: `${table}.reference_in_use_or_missing`,
        message: `What this refers to does not exist, or is still referred to: ${rule}.`,
        action: 'Check the ids and names in the request.',
      });
    case '23001':
      return new DomainError({
        kind: 'conflict',
        code: `${table}.immutable`,
        message: `This ${words(table)} cannot be changed.`,
        action: 'Register a new version instead.',
      });
    case '23502':
    case '23514':
    case '23P01':
      return new DomainError({
        kind: 'invalid',
        code: `${table}.rule_violated`,
        message: `The request breaks a rule: ${rule}.`,
        action: 'Correct the request so that the rule holds.',
      });
    default:
      return null;
  }
}

/** The error for a value that cannot be stored, or for a database that cannot answer now. */
function conditionOf({ code }: PostgresError): DomainError | null {
  if (UNREADABLE_VALUE.has(code)) {
    return new DomainError({
      kind: 'invalid',
      code: 'request.value_out_of_range',
      message: 'A value cannot be stored: it is out of range or not of its type.',
      action: 'Check numbers, times and characters in the request.',
    });
  }
  if (BUSY.has(code)) {
    return new DomainError({
      kind: 'unavailable',
      code: 'database.busy',
      message: 'The database could not finish this request in time or in order.',
      action: 'Repeat the request in a moment.',
    });
  }
  if (!UNREACHABLE.has(code) && !/^(08|53|57P)/.test(code)) return null;
  return new DomainError({
    kind: 'unavailable',
    code: 'database.unavailable',
    message: 'The database does not answer.',
    action: 'Repeat the request in a moment; operators see /health/ready.',
  });
}

/** The constraint that a statement violated; null for every other error. */
export function violatedConstraint(error: unknown): string | null {
  const cause = driverErrorOf(error);
  return isPostgresError(cause) && cause.code.startsWith('23') ? (cause.constraint ?? null) : null;
}
