/** Half of a surrogate pair: not writable as UTF-8. */
const HALF_A_CHARACTER = /[\ud800-\udfff]/u;

/** True for a relative path that stays where it starts, and that a text column can hold. */
export const isSafeRelativePath = (path: string): boolean =>
  path !== '' &&
  path.length <= 4096 &&
  !path.includes('\0') &&
  !HALF_A_CHARACTER.test(path) &&
  path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
