import { isSafeRelativePath, type Problem } from '@meridian/core';
import fc from 'fast-check';
import { parseRawFileRow } from './parse-raw-file-row.js';

const GOOD = { name: 'a.fits', location: 'archive', path: 'd/a.fits', size_bytes: 0, sha256: 'a'.repeat(64) };

const parse = (row: unknown): { row: ReturnType<typeof parseRawFileRow>; problems: Problem[] } => {
  const problems: Problem[] = [];
  return { row: parseRawFileRow(row, '/rows/3', problems), problems };
};

describe('parseRawFileRow', () => {
  it('fills in what may be left out', () => {
    expect(parse(GOOD)).toEqual({
      row: {
        externalId: 'archive:d/a.fits',
        name: 'a.fits',
        location: 'archive',
        path: 'd/a.fits',
        sizeBytes: 0,
        sha256: 'a'.repeat(64),
        obsTime: null,
        obsTimeEnd: null,
        raDeg: null,
        decDeg: null,
        metadata: null,
        dims: {},
        executedObsUnitId: null,
        instrumentModule: null,
        packageExternalId: null,
      },
      problems: [],
    });
  });

  it.each([
    [{ path: '/etc/passwd' }, '/rows/3/path'],
    [{ path: 'a/../../b' }, '/rows/3/path'],
    [{ path: 'é'.repeat(1025) }, '/rows/3/path'],
    [{ size_bytes: -1 }, '/rows/3/size_bytes'],
    [{ size_bytes: 1.5 }, '/rows/3/size_bytes'],
    [{ size_bytes: '7' }, '/rows/3/size_bytes'],
    [{ sha256: 'A'.repeat(64) }, '/rows/3/sha256'],
    [{ ra_deg: 360 }, '/rows/3/ra_deg'],
    [{ dec_deg: -90.1 }, '/rows/3/dec_deg'],
    [{ obs_time: '2026-05-01' }, '/rows/3/obs_time'],
    [
      { obs_time: '2026-05-01T12:00:00Z', obs_time_end: '2026-05-01T11:59:59.999999Z' },
      '/rows/3/obs_time_end',
    ],
    [{ instrument_module: 'CHAI' }, '/rows/3/instrument_module'],
    [{ executed_obs_unit_id: 'x' }, '/rows/3/executed_obs_unit_id'],
    [{ metadata: [] }, '/rows/3/metadata'],
    [{ dims: { a: [] } }, '/rows/3/dims/a'],
    [{ dims: { a: 'x'.repeat(1025) } }, '/rows/3/dims/a'],
    [{ dims: { a: '\ud800' } }, '/rows/3/dims/a'],
    [{ dims: { 'a/b': 1 } }, '/rows/3/dims/a~1b'],
    [{ name: 'a\0b' }, '/rows/3/name'],
    [{ colour: 'red' }, '/rows/3/colour'],
  ])('refuses %j at %s', (wrong, path) => {
    const { row, problems } = parse({ ...GOOD, ...wrong });

    expect([row, problems.map((problem) => problem.path)]).toEqual([null, [path]]);
  });

  it('gives a row whose path stays inside, or problems, for any JSON', () => {
    const any = fc.oneof(
      fc.jsonValue(),
      fc.record({
        ...Object.fromEntries(
          Object.entries(GOOD).map(([key, value]) => [key, fc.oneof(fc.constant(value), fc.jsonValue())]),
        ),
      }),
      fc.record({ path: fc.string() }).map((path) => ({ ...GOOD, ...path })),
    );
    fc.assert(
      fc.property(any, (value) => {
        const { row, problems } = parse(value);
        return row === null ? problems.length > 0 : problems.length === 0 && isSafeRelativePath(row.path);
      }),
    );
  });
});
