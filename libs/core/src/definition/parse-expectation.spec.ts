import { DomainError } from '../shared/domain-error.js';
import { expectationDocument, parseExpectation } from './parse-expectation.js';

describe('parseExpectation', () => {
  it('reads a number of members', () => {
    expect(parseExpectation({ count: 16 })).toEqual({ kind: 'count', count: 16 });
  });

  it('reads the values of a dimension; without a minimum every one of them is needed', () => {
    const slots = { dim: 'subband', values: ['sb00', 1, true] };
    expect(parseExpectation({ slots })).toEqual({ kind: 'slots', ...slots, minimum: 3 });
    expect(parseExpectation({ slots, minimum: 2 })).toEqual({ kind: 'slots', ...slots, minimum: 2 });
  });

  it('has one document, which reads as itself', () => {
    for (const expectation of [
      { count: 16 },
      { slots: { dim: 'subband', values: ['a', 'b'] }, minimum: 2 },
    ]) {
      expect(expectationDocument(parseExpectation(expectation))).toEqual(expectation);
    }
    expect(expectationDocument(parseExpectation({ slots: { dim: 'x', values: ['a', 'b'] } }))).toEqual({
      slots: { dim: 'x', values: ['a', 'b'] },
      minimum: 2,
    });
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, [': must be an object']],
    ['a number', 16, [': must be an object']],
    ['an empty object', {}, [': must have either "count" or "slots"']],
    ['both', { count: 1, slots: { dim: 'a', values: [1] } }, [': must have either "count" or "slots"']],
    ['no members', { count: 0 }, ['/count: "count" must be a whole number from 1 to 2147483647']],
    ['an unknown key', { count: 1, slot: 2 }, ['/slot: unknown key "slot" (did you mean "slots"?)']],
    ['a minimum of a count', { count: 1, minimum: 1 }, ['/minimum: "minimum" belongs to "slots"']],
    [
      'no dimension and no values',
      { slots: {} },
      ['/slots/dim: "dim" is required', '/slots/values: "values" must list the values that are expected'],
    ],
    [
      'a name that is no dimension',
      { slots: { dim: 'sub band', values: ['a'] } },
      ['/slots/dim: "sub band" is not the name of a dimension'],
    ],
    [
      'values that are none, or listed twice',
      { slots: { dim: 'subband', values: ['a', null, ['b'], 'a', ''] } },
      [
        '/slots/values/1: must be a text, a number, true or false',
        '/slots/values/2: must be a text, a number, true or false',
        '/slots/values/3: is listed twice',
        '/slots/values/4: must have 1 to 200 characters',
      ],
    ],
    [
      'a minimum of more than there are',
      { slots: { dim: 'subband', values: ['a', 'b'] }, minimum: 3 },
      ['/minimum: "minimum" must be a whole number from 1 to 2'],
    ],
  ])('refuses %s', (_, document, problems) => {
    const attempt = (): string[] => {
      try {
        parseExpectation(document);
        return [];
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return error.problems.map(({ path, message }) => `${path}: ${message}`);
      }
    };
    expect(attempt()).toEqual(problems);
  });
});
