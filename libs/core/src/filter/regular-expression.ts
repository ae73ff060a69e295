/** Inclusive code point ranges. */
export type CharacterRange = readonly [number, number];

/** A regular expression of the subset that `parseRegularExpression` reads. */
export type PatternNode =
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly CharacterRange[] }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly of: PatternNode; readonly min: number; readonly max: number | null };

/** What a rule may use; the text of every error says it. */
export const REGEX_SUBSET =
  'letters and digits, "." for any character, [a-z] and [^a-z], \\d \\w \\s and \\D \\W \\S (ASCII), ^ and $, ( ) and |, * + ? {m} {m,} {m,n} ' +
  '(up to 255), and a backslash before any other sign; no lazy quantifiers, back-references, look-around or inline flags';

/** The pattern as a PostgreSQL advanced regular expression with the same meaning, whatever the database's settings. */
export function postgresPattern(node: PatternNode): string {
  switch (node.kind) {
    case 'set':
      return postgresSet(node.negated, node.ranges);
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'sequence':
      return node.of.map(postgresPattern).join('');
    case 'choice':
      return `(?:${node.of.map(postgresPattern).join('|')})`;
    case 'repeat':
      return `(?:${postgresPattern(node.of)})${quantifier(node.min, node.max)}`;
  }
}

const quantifier = (min: number, max: number | null): string => {
  if (max === null) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
};

function postgresSet(negated: boolean, ranges: readonly CharacterRange[]): string {
  if (ranges.length === 0) return negated ? '.' : '[^\\s\\S]';
  const [first] = ranges;
  if (!negated && ranges.length === 1 && first !== undefined && first[0] === first[1])
    return escaped(first[0]);
  const inside = ranges.map(([low, high]) =>
    low === high ? escaped(low) : `${escaped(low)}-${escaped(high)}`,
  );
  return `[${negated ? '^' : ''}${inside.join('')}]`;
}

/** ASCII punctuation with a backslash is itself, inside brackets and outside. */
const escaped = (codePoint: number): string => {
  const character = String.fromCodePoint(codePoint);
  return /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character;
};

/**
 * True when the pattern is found somewhere in the text, as PostgreSQL's `~` would say: case-sensitive, `.` and negated
 * sets match line breaks, `^` and `$` only the ends of the text.
 *
 * Follows all alternatives at once, so that no pattern can make it take exponential time.
 */
export function matchesPattern(text: string, node: PatternNode): boolean {
  const characters = [...text].map((character) => character.codePointAt(0) ?? 0);
  const everywhere = new Set(Array.from({ length: characters.length + 1 }, (_, index) => index));
  return endsOf(node, characters, everywhere).size > 0;
}

/** Where a match of `node` may end when it starts at one of `starts`. */
function endsOf(
  node: PatternNode,
  text: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  switch (node.kind) {
    case 'start':
      return new Set([...starts].filter((at) => at === 0));
    case 'end':
      return new Set([...starts].filter((at) => at === text.length));
    case 'set':
      return new Set(
        [...starts].filter((at) => isIn(text[at], node.negated, node.ranges)).map((at) => at + 1),
      );
    case 'sequence':
      return node.of.reduce((from, part) => endsOf(part, text, from), starts);
    case 'choice':
      return new Set(node.of.flatMap((option) => [...endsOf(option, text, starts)]));
    case 'repeat':
      return endsOfRepeat(node.of, node.min, node.max, text, starts);
  }
}

const isIn = (character: number | undefined, negated: boolean, ranges: readonly CharacterRange[]): boolean =>
  character !== undefined && ranges.some(([low, high]) => low <= character && character <= high) !== negated;

function endsOfRepeat(
  node: PatternNode,
  min: number,
  max: number | null,
  text: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  let frontier = starts;
  for (let count = 0; count < min && frontier.size > 0; count += 1) frontier = endsOf(node, text, frontier);
  const reached = new Set(frontier);
  for (let count = min; frontier.size > 0 && (max === null || count < max); count += 1) {
    frontier = new Set([...endsOf(node, text, frontier)].filter((at) => !reached.has(at)));
    frontier.forEach((at) => reached.add(at));
  }
  return reached;
}
