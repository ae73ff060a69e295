import { resultRelation } from './result-relation.js';

describe('resultRelation', () => {
  it.each([
    ['extract', 'sources', 'extract__sources'],
    ['my-tool', 'sources', expect.stringMatching(/^my_tool__sources_[0-9a-f]{8}$/)],
    ['2mass', 'sources', expect.stringMatching(/^s_2mass__sources_[0-9a-f]{8}$/)],
    ['a'.repeat(63), 'sources', expect.stringMatching(/^a{41}_[0-9a-f]{8}$/)],
  ])('of %s and %s', (software, table, relation) => {
    expect(resultRelation(software, table)).toEqual(relation);
  });

  it('is a plain name, and another for each pair', () => {
    const names = [
      'a',
      'b',
      'a_',
      'a_b',
      'a__b',
      'a-b',
      'a.b',
      '_a',
      '0',
      'x'.repeat(63),
      `${'x'.repeat(62)}y`,
    ];
    const tables = ['c', 'c_', 'b__c', 'c_d', 'y'.repeat(30)];
    const pairs = names.flatMap((software) => tables.map((table) => resultRelation(software, table)));
    expect(new Set(pairs).size).toBe(names.length * tables.length);
    expect(pairs.filter((name) => !/^[a-z][a-z0-9_]{0,49}$/.test(name))).toEqual([]);
  });
});
