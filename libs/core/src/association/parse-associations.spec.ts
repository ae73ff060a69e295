import { DomainError } from '../shared/domain-error.js';
import { parseAssociations } from './parse-associations.js';

describe('parseAssociations', () => {
  it('reads an association with every setting', () => {
    const json = {
      name: 'gain.solution',
      select: [{ dim: 'kind', operator: 'eq', value: 'gain' }],
      from: { pipeline: 'calibrate', step: 'solve', types: ['STATISTICS'] },
      policy: 'nearest',
      max_offset: '12 h',
      warn_offset: 'PT6H',
      same: ['band'],
      before: true,
      after: false,
      required: false,
      await_seconds: 600,
    };
    expect(parseAssociations([json])).toEqual([
      {
        name: 'gain.solution',
        select: { op: 'all', of: [expect.objectContaining({ value: 'gain' })] },
        from: { pipeline: 'calibrate', step: 'solve', types: ['STATISTICS'] },
        policy: 'nearest',
        maxOffsetSeconds: 43_200,
        warnOffsetSeconds: 21_600,
        same: ['band'],
        before: true,
        after: false,
        isRequired: false,
        awaitSeconds: 600,
      },
    ]);
  });

  it('has defaults for all but the name, the policy and what may be chosen', () => {
    expect(parseAssociations([{ name: 'dark', policy: 'covering', from: { step: 'darks' } }])).toEqual([
      {
        name: 'dark',
        select: null,
        from: { pipeline: null, step: 'darks', types: ['SCIENCE', 'INTERMEDIATE'] },
        policy: 'covering',
        maxOffsetSeconds: null,
        warnOffsetSeconds: null,
        same: [],
        before: true,
        after: true,
        isRequired: true,
        awaitSeconds: null,
      },
    ]);
    expect(parseAssociations([])).toEqual([]);
  });

  const DARK = { name: 'dark', select: [], policy: 'nearest' };
  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, [': must be a list of at most 32 associations']],
    ['an object', {}, [': must be a list of at most 32 associations']],
    ['too many', Array(33).fill(DARK), [': must be a list of at most 32 associations']],
    ['an entry that is no object', [7], ['/0: must be an object', '/0/select:', '/0/name:', '/0/policy:']],
    ['an unknown key', [{ ...DARK, max_ofset: '1 h' }], ['/0/max_ofset: unknown key']],
    ['two of one name', [DARK, DARK], ['/1/name: "dark" is there twice']],
    ['a name that is no folder', [{ ...DARK, name: 'a/b' }], ['/0/name:']],
    [
      'nothing to choose from',
      [{ name: 'a', policy: 'newest' }],
      ['/0/select: needs "select", "from" or both'],
    ],
    ['a wrong filter', [{ ...DARK, select: [{ dim: 'x' }] }], ['/0/select/0']],
    ['another policy', [{ ...DARK, policy: 'nearst' }], ['/0/policy: "policy" must be one of']],
    ['no duration', [{ ...DARK, max_offset: '12' }], ['/0/max_offset: "max_offset" must be a duration']],
    [
      'a duration that is a number',
      [{ ...DARK, warn_offset: 5 }],
      ['/0/warn_offset: "warn_offset" must be a text'],
    ],
    [
      'no dimension',
      [{ ...DARK, same: ['a b', 'c', 'c'] }],
      ['/0/same/0: "a b" is not', '/0/same/2: is listed twice'],
    ],
    [
      'a producer without step',
      [{ ...DARK, from: { steps: 1 } }],
      ['/0/from/steps: unknown key', '/0/from/step: "step" is required'],
    ],
    [
      'an unknown type',
      [{ ...DARK, from: { step: 'a', types: ['MAP'] } }],
      ['/0/from/types/0: must be one of'],
    ],
    [
      'waiting for nobody',
      [{ ...DARK, await_seconds: 5 }],
      ['/0/await_seconds: "await_seconds" needs "from"'],
    ],
    [
      'a reach of what covers',
      [{ ...DARK, policy: 'covering', max_offset: '1 h' }],
      ['/0/max_offset: what covers'],
    ],
    [
      'a side of an interpolation',
      [{ ...DARK, policy: 'interpolate', before: true }],
      ['/0/before: "before" belongs to'],
    ],
    [
      'a side of the newest that covers',
      [{ ...DARK, policy: 'newest', after: false }],
      ['/0/after: "after" belongs to'],
    ],
    ['no side at all', [{ ...DARK, before: false, after: false }], ['/0/after: one side must remain']],
  ])('refuses %s', (_, json, expected) => {
    const problems = problemsOf(json);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((start, index) => expect(problems[index]).toContain(start));
  });

  function problemsOf(json: unknown): string[] {
    try {
      parseAssociations(json);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      expect(error.code).toBe('associations.invalid');
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    }
    return [];
  }
});
