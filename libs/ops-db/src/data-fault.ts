import { TypeORMError } from 'typeorm';

/**
 * True when a statement failed because of the values it was given (SQLSTATE classes 22 and 23), so that trying it again with the
 * same values is pointless; false for everything that may pass: a lost connection, a deadlock, a full disk.
 */
export function isDataFault(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^2[23]...$/.test(code);
}

/** True for whatever a statement was refused or lost by, false for what was wrong before it was sent. */
export const isDatabaseError = (error: unknown): boolean => error instanceof TypeORMError;
