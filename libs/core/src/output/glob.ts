/** Alternatives that one pattern may spell out with braces, all together. */
const MAX_ALTERNATIVES = 64;
export const MAX_PATTERN_LENGTH = 500;

/**
 * A test for relative paths out of a simple glob: `*` and `?` stay inside one folder, `**` crosses folders, `{a,b}` is
 * either. A pattern without `/` matches the file's name in any folder. Everything else is literal.
 *
 * Takes time proportional to pattern × path at worst, whatever the pattern: definitions are user input.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const alternatives = expandBraces(pattern).map((text) => text.split('/'));
  return (path) => {
    const segments = path.split('/');
    const name = segments.slice(-1);
    return alternatives.some((glob) =>
      matchSegments(glob, glob.length === 1 && glob[0] !== '**' ? name : segments),
    );
  };
}

function expandBraces(pattern: string): string[] {
  let expanded = [''];
  let rest = pattern;
  for (;;) {
    const match = /^([^{]*)\{([^{}]*)\}/.exec(rest);
    const options = match?.[2]?.split(',') ?? [];
    if (match === null || expanded.length * options.length > MAX_ALTERNATIVES)
      return expanded.map((head) => head + rest);
    expanded = expanded.flatMap((head) => options.map((option) => `${head}${match[1] ?? ''}${option}`));
    rest = rest.slice(match[0].length);
  }
}

/** The classic two-pointer match: only the last wildcard is ever tried again, so it cannot explode. */
function matchWildcards<Part>(
  pattern: readonly Part[],
  text: readonly Part[],
  rules: { isStar(part: Part): boolean; equal(part: Part, other: Part): boolean },
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const part = pattern[p];
    if (part !== undefined && rules.isStar(part)) {
      star = p++;
      resume = t;
    } else if (part !== undefined && rules.equal(part, text[t] as Part)) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  return pattern.slice(p).every((part) => rules.isStar(part));
}

const matchSegments = (glob: readonly string[], segments: readonly string[]): boolean =>
  matchWildcards(glob, segments, { isStar: (part) => part === '**', equal: matchName });

const matchName = (glob: string, name: string): boolean =>
  matchWildcards([...glob], [...name], {
    isStar: (part) => part === '*',
    equal: (part, character) => part === '?' || part === character,
  });
