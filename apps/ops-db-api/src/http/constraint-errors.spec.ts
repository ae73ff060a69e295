import { domainErrorOf, violatedConstraint } from './constraint-errors.js';

const thrown = (driverError: object): Error =>
  Object.assign(new Error('INSERT INTO secret VALUES (1)'), { driverError });

describe('domainErrorOf', () => {
  it.each([
    ['23505', 'conflict', 'source.already_exists'],
    ['23503', 'conflict', 'source.reference_in_use_or_missing'],
    ['23001', 'conflict', 'source.immutable'],
    ['23514', 'invalid', 'source.rule_violated'],
    ['22021', 'invalid', 'request.value_out_of_range'],
    ['40P01', 'unavailable', 'database.busy'],
    ['57P01', 'unavailable', 'database.unavailable'],
    ['ECONNREFUSED', 'unavailable', 'database.unavailable'],
  ])('makes %s a %s error %s', (code, kind, expected) => {
    const error = domainErrorOf(
      thrown({ code, table: 'source', constraint: 'source_name_is_unique', detail: 'Key (name)=(M17)' }),
    );

    expect([error?.kind, error?.code]).toEqual([kind, expected]);
    expect(`${error?.message}${error?.action}`).not.toMatch(/INSERT|M17/);
  });

  it.each([[new Error('x')], [thrown({ code: '42P01' })], [null], ['text'], [{ code: 7 }]])(
    'leaves %p to be a defect',
    (error) => {
      expect(domainErrorOf(error)).toBeNull();
    },
  );

  it('names the violated constraint', () => {
    expect(violatedConstraint(thrown({ code: '23505', constraint: 'one_item_per_path' }))).toBe(
      'one_item_per_path',
    );
    expect(violatedConstraint(thrown({ code: '40001' }))).toBeNull();
  });
});
