import type { CharacterRange, PatternNode } from './regular-expression.js';

const DIGITS: readonly CharacterRange[] = [[48, 57]];
const WORD: readonly CharacterRange[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: readonly CharacterRange[] = [
  [9, 13],
  [32, 32],
];
const CLASSES: Readonly<Record<string, readonly CharacterRange[]>> = { d: DIGITS, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const MAX_REPEATS = 255;
const MAX_DEPTH = 20;
/** Characters of the pattern with all its counted repetitions written out: PostgreSQL refuses what grows too large. */
const MAX_EXPANDED_SIZE = 500;

/** What is wrong with a pattern, and at which character. */
class PatternProblem extends Error {}

/** The pattern's tree, or the reason why it is outside the subset (REGEX_SUBSET) that both readers understand alike. */
export function parseRegularExpression(
  pattern: string,
): { readonly node: PatternNode } | { readonly problem: string } {
  try {
    const node = new PatternReader(pattern).read();
    if (expandedSize(node) > MAX_EXPANDED_SIZE)
      return { problem: 'repeats too much: shorten it or lower the {m,n} counts' };
    return { node };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}

/** One pass over the characters, one method per level of the grammar. */
class PatternReader {
  private readonly characters: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(pattern: string) {
    this.characters = [...pattern];
  }

  read(): PatternNode {
    const node = this.choice();
    if (this.at < this.characters.length) this.fail('has a ")" without its "("');
    return node;
  }

  private choice(): PatternNode {
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', of: options };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = this.peek(); next !== undefined && next !== '|' && next !== ')'; next = this.peek())
      parts.push(this.repeated());
    if (parts.length === 0) this.fail('has an empty alternative or group');
    return { kind: 'sequence', of: parts };
  }

  private repeated(): PatternNode {
    const node = this.atom();
    const bounds = this.quantifier();
    if (bounds === null) return node;
    if (hasAnchor(node)) this.fail('repeats a "^" or "$"');
    if (['*', '+', '?', '{'].includes(this.peek() ?? '')) this.fail('has a quantifier after a quantifier');
    return { kind: 'repeat', of: node, ...bounds };
  }

  private quantifier(): { min: number; max: number | null } | null {
    if (this.take('*')) return { min: 0, max: null };
    if (this.take('+')) return { min: 1, max: null };
    if (this.take('?')) return { min: 0, max: 1 };
    if (!this.take('{')) return null;
    const min = this.count();
    const max = this.take(',') ? (this.peek() === '}' ? null : this.count()) : min;
    if (!this.take('}')) this.fail('has a "{" that is not {m}, {m,} or {m,n}');
    if (max !== null && max < min) this.fail('has a {m,n} whose n is less than m');
    return { min, max };
  }

  private count(): number {
    let digits = '';
    for (let next = this.peek(); next !== undefined && /^[0-9]$/.test(next); next = this.peek())
      digits += this.next();
    if (digits === '' || digits.length > 3 || Number(digits) > MAX_REPEATS)
      this.fail(`needs counts of 0 to ${MAX_REPEATS} inside { }`);
    return Number(digits);
  }

  private atom(): PatternNode {
    const character = this.next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'set', negated: true, ranges: [] };
      case '(':
        return this.group();
      case '[':
        return this.bracket();
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
      case '{':
        return this.fail('has a quantifier with nothing before it');
      case '}':
      case ']':
        return this.fail(`needs a backslash before "${character}"`);
      default:
        return literal(character);
    }
  }

  private group(): PatternNode {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail(`nests groups more than ${MAX_DEPTH} deep`);
    if (this.peek() === '?') this.fail('has a "(?": only plain groups are allowed');
    const node = this.choice();
    if (!this.take(')')) this.fail('has a "(" without its ")"');
    this.depth -= 1;
    // Kept apart from its neighbours: a choice inside a group must not swallow what follows it.
    return node.kind === 'choice' ? node : { kind: 'sequence', of: [node] };
  }

  private escape(): PatternNode {
    const character = this.next();
    const ranges = this.classRanges(character.toLowerCase());
    if (ranges !== null) return { kind: 'set', negated: character !== character.toLowerCase(), ranges };
    return literal(this.escapedCharacter(character));
  }

  private bracket(): PatternNode {
    const negated = this.take('^');
    const ranges: CharacterRange[] = [];
    while (!this.take(']')) ranges.push(...this.bracketItem());
    if (ranges.length === 0) this.fail('has an empty [ ]');
    return { kind: 'set', negated, ranges };
  }

  private bracketItem(): readonly CharacterRange[] {
    const character = this.next();
    if (character === '[' || character === '^')
      this.fail(`needs a backslash before "${character}" inside [ ]`);
    if (character === '\\') {
      const ranges = this.classRanges(this.peek() ?? '');
      if (ranges !== null) {
        this.next();
        return ranges;
      }
    }
    const low = character === '\\' ? this.escapedCharacter(this.next()) : character;
    if (this.peek() !== '-' || this.characters[this.at + 1] === ']')
      return [[codePoint(low), codePoint(low)]];
    this.next();
    const end = this.next();
    if (end === '[' || end === '^') this.fail(`needs a backslash before "${end}" inside [ ]`);
    const high = end === '\\' ? this.escapedCharacter(this.next()) : end;
    if (codePoint(low) > codePoint(high) || codePoint(high) > 127)
      this.fail(`has a range "${low}-${high}" that is not an ascending ASCII range`);
    return [[codePoint(low), codePoint(high)]];
  }

  private classRanges(letter: string): readonly CharacterRange[] | null {
    return Object.hasOwn(CLASSES, letter) ? (CLASSES[letter] ?? null) : null;
  }

  private escapedCharacter(character: string): string {
    const control = Object.hasOwn(CONTROLS, character) ? CONTROLS[character] : undefined;
    if (control !== undefined) return control;
    if (!/^[ -/:-@[-`{-~]$/.test(character)) this.fail(`has "\\${character}", which is not in the subset`);
    return character;
  }

  private peek(): string | undefined {
    return this.characters[this.at];
  }

  private next(): string {
    const character = this.peek();
    if (character === undefined) return this.fail('ends too early');
    this.at += 1;
    return character;
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  private fail(what: string): never {
    throw new PatternProblem(`${what} (at character ${this.at})`);
  }
}

const codePoint = (character: string): number => character.codePointAt(0) ?? 0;

const literal = (character: string): PatternNode => ({
  kind: 'set',
  negated: false,
  ranges: [[codePoint(character), codePoint(character)]],
});

function hasAnchor(node: PatternNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'start':
    case 'end':
      return true;
    case 'sequence':
    case 'choice':
      return node.of.some(hasAnchor);
    case 'repeat':
      return hasAnchor(node.of);
  }
}

function expandedSize(node: PatternNode): number {
  switch (node.kind) {
    case 'set':
    case 'start':
    case 'end':
      return 1;
    case 'sequence':
    case 'choice':
      return node.of.reduce((sum, part) => sum + expandedSize(part), 1);
    case 'repeat':
      return expandedSize(node.of) * Math.max(node.max ?? node.min + 1, 1);
  }
}
