import fc from 'fast-check';
import { attemptDirectory, safeName, subGroupSlug, workspaceDirectory } from './attempt-paths.js';

const KEY = '1f3c9a2b44d5e6f7';
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

describe('subGroupSlug', () => {
  it('is readable, with a piece of the key behind', () => {
    expect(subGroupSlug({ raw_data_file: 'm17_a' }, KEY)).toBe('raw_data_file-m17_a-1f3c9a2b');
    expect(subGroupSlug({ source: 'M17', band: 3, cold: true }, KEY)).toBe(
      'band-3-cold-true-source-M17-1f3c9a2b',
    );
  });

  it('has more of the key where the name had to be changed', () => {
    expect(subGroupSlug({ source: 'NGC 253' }, KEY)).toBe(`source-NGC_253-${KEY}`);
    expect(subGroupSlug({}, KEY)).toBe(`all-${KEY}`);
  });

  it.each([
    "it's",
    '"',
    '/etc/passwd',
    '../..',
    '..',
    '.',
    '-rf',
    '--help',
    '$(id)',
    '`id`',
    'a\nb',
    '\0',
    '☃',
    'ünï',
    ' ',
    'x'.repeat(1000),
    '%2e%2e',
    '~',
    '*',
  ])('is one safe folder name for the value %j', (value) => {
    const slug = subGroupSlug({ source: value }, KEY);
    expect(slug).toMatch(SEGMENT);
    expect(slug).not.toContain('..');
  });

  it('is one safe folder name for any dims and any key', () => {
    const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), scalar),
        fc.string({ unit: 'binary' }),
        (dims, key) => {
          const slug = subGroupSlug(dims, key);
          return SEGMENT.test(slug) && !slug.includes('..');
        },
      ),
    );
  });

  it('does not depend on the order of the dims', () => {
    expect(subGroupSlug({ a: 1, b: 2 }, KEY)).toBe(subGroupSlug({ b: 2, a: 1 }, KEY));
  });
});

describe('safeName', () => {
  it('leaves a safe name as it is', () => {
    expect(safeName('calibrate_v2.1')).toBe('calibrate_v2.1');
  });

  it.each(['workspace', '', '.', '..', '-x', 'a/b', 'a b', 'x'.repeat(65)])(
    'changes %j, and tells it from others',
    (name) => {
      expect(safeName(name)).toMatch(SEGMENT);
      expect(safeName(name)).not.toBe(name);
      expect(safeName(name)).not.toBe(safeName(`${name}!`));
    },
  );
});

describe('the directories of a run', () => {
  const place = {
    installation: 'k3x9ab',
    pipeline: 'maps',
    subGroupDims: { source: 'm17' },
    subGroupKey: KEY,
    step: 'grid',
    runId: 12,
    attempt: 3,
  };

  it('name pipeline, sub-group, step, run and attempt', () => {
    expect(attemptDirectory(place)).toBe('maps/source-m17-1f3c9a2b/grid/k3x9ab-12.3');
    expect(workspaceDirectory(place)).toBe('maps/source-m17-1f3c9a2b/workspace/k3x9ab');
  });

  it('of a step that is called workspace are not in the workspace', () => {
    expect(
      attemptDirectory({ ...place, step: 'workspace' }).startsWith(`${workspaceDirectory(place)}/`),
    ).toBe(false);
  });

  it('of two installations never meet', () => {
    const other = { ...place, installation: 'q7w2zz' };
    expect(attemptDirectory(other)).not.toBe(attemptDirectory(place));
    expect(workspaceDirectory(other)).not.toBe(workspaceDirectory(place));
  });

  it('stay below the base and within what file systems allow', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 2000 });
    fc.assert(
      fc.property(anyText, anyText, anyText, (pipeline, step, value) => {
        const segments = attemptDirectory({ ...place, pipeline, step, subGroupDims: { value } }).split('/');
        return (
          segments.length === 4 &&
          segments.every((segment) => SEGMENT.test(segment) && !segment.includes('..'))
        );
      }),
    );
  });
});
