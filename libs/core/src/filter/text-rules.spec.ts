import fc from 'fast-check';
import { compareText } from './compare-text.js';
import { isLikePattern, matchesLike } from './like-pattern.js';
import { parseRegularExpression } from './parse-regular-expression.js';
import { matchesPattern } from './regular-expression.js';

describe('matchesLike', () => {
  it.each([
    ['100%', '100\\%', true],
    ['1000', '100\\%', false],
    ['a_b', 'a\\_b', true],
    ['axb', 'a\\_b', false],
    ['axb', 'a_b', true],
    ['a\\b', 'a\\\\b', true],
    ['abc', '\\a\\b\\c', true],
    ['😀', '_', true],
    ['line\nbreak', 'line%break', true],
    ['', '%', true],
    ['', '', true],
    ['', '_', false],
    ['abcabc', '%abc', true],
    ['NGC253', 'ngc%', false],
  ])('%j like %j is %s', (text, pattern, expected) => {
    expect(matchesLike(text, pattern)).toBe(expected);
  });

  it('knows patterns that end in the middle of an escape', () => {
    expect(['a\\', '\\', '\\\\\\', '\\\\', 'a'].map(isLikePattern)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('takes no exponential time', () => {
    expect(matchesLike('a'.repeat(1000), `${'%a'.repeat(90)}%b`)).toBe(false);
  });
});

describe('the regular expressions of rules', () => {
  it.each([
    'a**',
    'a+?',
    '(?:a)',
    '(?i)a',
    '***:a',
    '\\1',
    '\\b',
    '\\p{L}',
    '[[:alpha:]]',
    '[z-a]',
    '[é-ü]',
    '[]',
    '()',
    'a|',
    '|a',
    '',
    '(a',
    'a)',
    '[a',
    'a{',
    'a{,2}',
    'a{3,2}',
    'a{256}',
    '^*',
    '(^a)+',
    '((a{255}){255}){255}',
    'a]',
    'a}',
    '\\',
  ])('exclude %j', (pattern) => {
    expect(parseRegularExpression(pattern)).toEqual({ problem: expect.any(String) });
  });

  it('take no exponential time', () => {
    const parsed = parseRegularExpression('^((a+)+)+$');
    expect('node' in parsed && matchesPattern(`${'a'.repeat(200)}b`, parsed.node)).toBe(false);
  });
});

describe('compareText', () => {
  it('orders texts like the bytes of their UTF-8', () => {
    const text = fc.string({
      unit: fc.constantFrom('', 'a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
      maxLength: 3,
    });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareText(left, right))).toBe(
          Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right))),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
