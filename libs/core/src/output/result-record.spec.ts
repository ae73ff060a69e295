import fc from 'fast-check';
import { DomainError } from '../shared/domain-error.js';
import { parseResultRecord } from './result-record.js';

const RECORD = {
  contract_version: 1,
  token: 'mrd-7-2',
  run_id: 7,
  attempt: 2,
  exit_code: 0,
  host: 'node1',
  job_id: '4711_3',
  started_at: '2026-11-21T00:00:00Z',
  ended_at: '2026-11-21T00:01:00Z',
  cpu_seconds: 12.5,
  peak_memory_mb: null,
  was_stopped: false,
  files: [
    { path: 'science/map.fits', size_bytes: 3, mtime: 1_700_000_000, sha256: 'a'.repeat(64) },
    {
      path_base64: Buffer.from('qa/"ö\n').toString('base64'),
      size_bytes: 0,
      mtime: -1,
      sha256: 'b'.repeat(64),
    },
    {
      path_base64: Buffer.from([0x66, 0xff]).toString('base64'),
      size_bytes: 0,
      mtime: 1,
      sha256: 'c'.repeat(64),
    },
  ],
  skipped: [{ path: 'link', reason: 'symlink' }],
};
const [FILE] = RECORD.files;

/** The record, or the code of the only error it may throw. */
const outcomeOf = (text: string): string => {
  try {
    parseResultRecord(text);
    return 'accepted';
  } catch (error) {
    return error instanceof DomainError ? error.code : `threw ${String(error)}`;
  }
};

it('a record is read with its times as dates and its files by path', () => {
  expect(parseResultRecord(JSON.stringify(RECORD))).toEqual({
    token: 'mrd-7-2',
    runId: 7,
    attempt: 2,
    exitCode: 0,
    host: 'node1',
    jobId: '4711_3',
    startedAt: new Date('2026-11-21T00:00:00Z'),
    endedAt: new Date('2026-11-21T00:01:00Z'),
    cpuSeconds: 12.5,
    peakMemoryMb: null,
    wasStopped: false,
    diskWasFull: false,
    files: [
      { path: 'qa/"ö\n', sizeBytes: 0, modifiedAt: new Date(-1000), sha256: 'b'.repeat(64) },
      {
        path: 'science/map.fits',
        sizeBytes: 3,
        modifiedAt: new Date(1_700_000_000_000),
        sha256: 'a'.repeat(64),
      },
    ],
    skipped: [
      { path: 'f\ufffd', reason: 'unnameable' },
      { path: 'link', reason: 'symlink' },
    ],
  });
});

it.each(['..', '../x', 'a/../../x', '/etc/passwd', '', '.', 'a//b', './a', 'a/', 'a\0b'])(
  'a file outside the output directory, %j, is refused, also in base64',
  (path) => {
    const file = { ...FILE, path };
    expect(outcomeOf(JSON.stringify({ ...RECORD, files: [file] }))).toBe('result.invalid');
    const encoded = {
      size_bytes: 0,
      mtime: 1,
      sha256: 'a'.repeat(64),
      path_base64: Buffer.from(path).toString('base64'),
    };
    expect(outcomeOf(JSON.stringify({ ...RECORD, files: [encoded] }))).toBe('result.invalid');
  },
);

it.each<object>([
  { contract_version: 2 },
  { contract_version: '1' },
  { token: '' },
  { token: 7 },
  { run_id: '7' },
  { run_id: 0 },
  { attempt: 1.5 },
  { exit_code: null },
  { exit_code: -1 },
  { host: null },
  { job_id: 7 },
  { started_at: 'yesterday' },
  { started_at: '2026-11-21T00:00:00' },
  { ended_at: '2026-13-41T00:00:00Z' },
  { cpu_seconds: '1' },
  { cpu_seconds: -1 },
  { peak_memory_mb: undefined },
  { files: {} },
  { files: [null] },
  { files: [FILE, FILE] },
  { files: [{ ...FILE, sha256: 'A'.repeat(64) }] },
  { files: [{ ...FILE, size_bytes: -1 }] },
  { files: [{ ...FILE, size_bytes: '3' }] },
  { files: [{ ...FILE, mtime: 1e300 }] },
  { files: [{ ...FILE, path_base64: 'YQ==' }] },
  { files: [{ size_bytes: 0, mtime: 1, sha256: 'a'.repeat(64) }] },
  { files: [{ size_bytes: 0, mtime: 1, sha256: 'a'.repeat(64), path_base64: 'a=b' }] },
  { skipped: [{ path: 'x', reason: 'mood' }] },
  { skipped: 'none' },
])('a record with %j is refused', (wrong) => {
  expect(outcomeOf(JSON.stringify({ ...RECORD, ...wrong }))).toBe('result.invalid');
});

it('a record that is cut off anywhere is refused', () => {
  const text = JSON.stringify(RECORD);
  const outcomes = new Set(
    Array.from({ length: text.length }, (_, length) => outcomeOf(text.slice(0, length))),
  );
  expect(outcomes).toEqual(new Set(['result.invalid']));
});

it('a scrambled record is accepted or refused, and never anything else', () => {
  const text = JSON.stringify(RECORD);
  const change = fc.record({ at: fc.nat(text.length), length: fc.nat(30), by: fc.string({ maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const scrambled = changes.reduce(
        (left, { at, length, by }) => left.slice(0, at) + by + left.slice(at + length),
        text,
      );
      return ['accepted', 'result.invalid'].includes(outcomeOf(scrambled));
    }),
    { numRuns: 2000 },
  );
});

it('any JSON and any text is refused', () => {
  fc.assert(fc.property(fc.json(), (text) => outcomeOf(text) === 'result.invalid'));
  fc.assert(fc.property(fc.string(), (text) => outcomeOf(text) === 'result.invalid'));
});
