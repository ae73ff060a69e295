import { createHash } from 'node:crypto';

/** One file of a program: its path relative to the program's directory, with `/`, and its bytes. */
export interface ProgramFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * `sha256:…` over a program's files: for each, in the order of their paths, path, NUL, length, NUL, content.
 *
 * It depends on names and bytes only, so that the same program in another place, or checked out at another time, is
 * the same program.
 */
export function digestOf(files: readonly ProgramFile[]): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const { path, content } of sorted) hash.update(`${path}\0${content.length}\0`).update(content);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * A glob over relative paths as a regular expression: `*` and `?` stay within a name, `**` crosses directories
 * (and `**` followed by a slash also matches none), `{a,b}` is a choice.
 */
export function globToRegExp(glob: string): RegExp {
  let inChoice = 0;
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|\{|\}|,|[^*?{},]/g, (token) => {
    switch (token) {
      case '**/':
        return '(?:[^/]+/)*';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      case '{':
        inChoice += 1;
        return '(?:';
      case '}':
        inChoice = Math.max(0, inChoice - 1);
        return ')';
      case ',':
        return inChoice > 0 ? '|' : ',';
      default:
        return token.replace(/[.+^$()|[\]\\]/g, '\\$&');
    }
  });
  return new RegExp(`^${source}$`, 'u');
}
