import fc from 'fast-check';
import type { ItemRow } from '../filter/item-row.js';
import { DomainError } from '../shared/domain-error.js';
import { groupKeyOf } from './group-key.js';
import { parseGroupBy } from './parse-group-by.js';

const problemsOf = (json: unknown): readonly unknown[] => {
  try {
    parseGroupBy(json);
    return [];
  } catch (error) {
    if (error instanceof DomainError) return error.problems.map(({ path, message }) => [path, message]);
    throw error;
  }
};

const row: ItemRow = {
  id: 1,
  kind: 'RAW_DATA_FILE',
  name: 'm17.fits',
  content_hash: '',
  size_bytes: 1,
  obs_time: '2026-03-01T12:17:59.9Z',
  obs_time_end: null,
  ra_deg: 45,
  dec_deg: 45,
  registered_at: '2026-03-02T00:00:00Z',
  dims: { source: 'M17', band: 4 },
  metadata: { observation: { 'line-id': 'CO43', list: [] } },
  tables: {},
};

describe('parseGroupBy', () => {
  it('reads every kind of term', () => {
    const terms = [
      'source',
      'date( obs_time )',
      "time_bucket(obs_time, '600 s')",
      'time_bucket(obs_time,"2 weeks")',
      ' healpix(64) ',
      'metadata.observation.line-id',
    ];
    expect(parseGroupBy(terms)).toEqual([
      { kind: 'dim', name: 'source' },
      { kind: 'date', name: 'obs_date' },
      { kind: 'time_bucket', name: 'obs_time_10min', seconds: 600 },
      { kind: 'time_bucket', name: 'obs_time_14d', seconds: 1_209_600 },
      { kind: 'healpix', name: 'healpix_64', nside: 64 },
      { kind: 'metadata', name: 'observation_line_id', path: ['observation', 'line-id'] },
    ]);
  });

  it('names every wrong term by its place', () => {
    const problems = problemsOf([
      'source',
      'date(obs_time_end)',
      'healpix(100)',
      "time_bucket(obs_time, '1 month')",
      7,
      'source',
      'metadata.',
      'lower(name)',
      'a; DROP TABLE run',
    ]);
    expect(problems.map((problem) => (problem as [string, string])[0])).toEqual([
      '/1',
      '/2',
      '/3',
      '/4',
      '/5',
      '/6',
      '/7',
      '/8',
    ]);
  });

  it('refuses two terms with one name', () => {
    expect(problemsOf(["time_bucket(obs_time, '60 min')", "time_bucket(obs_time, '1 h')"])).toEqual([
      ['/1', 'gives the dimension "obs_time_1h" a second time: remove one'],
    ]);
  });

  it('refuses what is not a list, and lists without end', () => {
    expect(
      problemsOf('source').length + problemsOf(null).length + problemsOf(Array(17).fill('a')).length,
    ).toBe(3);
  });

  it('never fails with anything but a DomainError', () => {
    const piece = fc.constantFrom(
      'date',
      '(',
      ')',
      'obs_time',
      ',',
      "'",
      '"',
      '10',
      'min',
      ' ',
      'metadata',
      '.',
      'x',
      '0',
      'healpix',
      '64',
      '-',
      '__proto__',
      '\0',
      '😀',
      'time_bucket',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(
            fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
            { maxLength: 3 },
          ),
          fc.jsonValue(),
        ),
        (json) => {
          problemsOf(json);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe('groupKeyOf', () => {
  it('computes the key of a row, with null for what it lacks', () => {
    const terms = parseGroupBy([
      'source',
      'line',
      'date(obs_time)',
      "time_bucket(obs_time, '10 min')",
      'healpix(16)',
      'metadata.observation.line-id',
      'metadata.observation.list',
    ]);
    expect(groupKeyOf(terms, row)).toEqual({
      source: 'M17',
      line: null,
      obs_date: '2026-03-01',
      obs_time_10min: '2026-03-01T12:10:00Z',
      healpix_16: 427,
      observation_line_id: 'CO43',
      observation_list: null,
    });
  });

  it('starts weeks on Mondays and days at midnight UTC, before the origin, too', () => {
    const terms = parseGroupBy(["time_bucket(obs_time, '1 week')", "time_bucket(obs_time, '1 d')"]);
    const keyAt = (obs_time: string): unknown => groupKeyOf(terms, { ...row, obs_time });
    expect([keyAt('2026-03-01T23:59:59.999999Z'), keyAt('1999-12-31T00:00:00Z')]).toEqual([
      { obs_time_7d: '2026-02-23T00:00:00Z', obs_time_1d: '2026-03-01T00:00:00Z' },
      { obs_time_7d: '1999-12-27T00:00:00Z', obs_time_1d: '1999-12-31T00:00:00Z' },
    ]);
  });

  it('keeps a dimension that the row already has, so that products stay in the group of their inputs', () => {
    const product: ItemRow = { ...row, obs_time: null, dims: { obs_date: '2026-02-28', healpix_16: 5 } };
    expect(groupKeyOf(parseGroupBy(['date(obs_time)', 'healpix(16)']), product)).toEqual({
      obs_date: '2026-02-28',
      healpix_16: 5,
    });
  });
});
