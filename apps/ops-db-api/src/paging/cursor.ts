import { DomainError } from '@meridian/core';

/** The sort key of the last row of a page. */
export type CursorKey = readonly (string | number)[];

/** Opaque text for a sort key; `decodeCursor` reads it back. */
export const encodeCursor = (key: CursorKey): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/**
 * The sort key in a cursor. `kinds` says what each part must be: a cursor of another list, or an invented one, is an error.
 *
 * @throws DomainError `paging.bad_cursor`
 */
export function decodeCursor(cursor: string, kinds: readonly ('string' | 'number')[]): CursorKey {
  const key = parse(cursor);
  const fits =
    Array.isArray(key) &&
    key.length === kinds.length &&
    kinds.every((kind, index) => typeof key[index] === kind);
  if (!fits) {
    throw new DomainError({
      kind: 'invalid',
      code: 'paging.bad_cursor',
      message: 'This cursor was not made by this list.',
      action: 'Start without a cursor and follow `next` of each answer.',
      problems: [{ code: 'paging.bad_cursor', path: '/cursor', message: 'is not a cursor of this list' }],
    });
  }
  return key as CursorKey;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
