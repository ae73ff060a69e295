/** Braces that one pattern may hold; `compileGlob` has the same limit on what they spell out. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/g;

/**
 * The POSIX regular expression that matches the same relative paths as `compileGlob(pattern)`, for PostgreSQL's `~`.
 *
 * Alternatives in braces become groups, so nothing is expanded.
 */
export function globRegex(pattern: string): string {
  const anchor = pattern.includes('/') || pattern === '**' ? '^' : '^(.*/)?';
  const body = pattern
    .split('/')
    .map((segment, index, all) => segmentRegex(segment, index, all.length))
    .join('');
  return `${anchor}${body}$`;
}

/** A `**` segment takes its slash with it, so that it can also stand for no folder at all. */
function segmentRegex(segment: string, index: number, count: number): string {
  const isLast = index === count - 1;
  if (segment === '**') return isLast ? '.*' : '(.*/)?';
  const text = segment.replace(/\{([^{}]*)\}|[\s\S]/gu, (part, options: string | undefined) =>
    options === undefined ? characterRegex(part) : `(${options.split(',').map(wildcards).join('|')})`,
  );
  return isLast ? text : `${text}/`;
}

const wildcards = (text: string): string => [...text].map(characterRegex).join('');

function characterRegex(character: string): string {
  if (character === '*') return '[^/]*';
  if (character === '?') return '[^/]';
  return character.replace(SPECIAL, '\\$&');
}
