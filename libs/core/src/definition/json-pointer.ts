/** Keys and indexes as a JSON pointer (RFC 6901): `jsonPointer('steps', 2, 'a/b')` is `/steps/2/a~1b`. */
export const jsonPointer = (...keys: readonly (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
