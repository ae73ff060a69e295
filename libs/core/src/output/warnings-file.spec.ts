import fc from 'fast-check';
import { MAX_TOOL_WARNINGS, parseWarningsFile } from './warnings-file.js';

describe('parseWarningsFile', () => {
  it.each<[string, unknown]>([
    ['a list', ['edge clipped', { code: 'wcs', message: 'fit is poor' }]],
    ['a list under warnings', { warnings: ['edge clipped', { code: 'wcs', message: 'fit is poor' }] }],
  ])('reads %s', (_, document) => {
    expect(parseWarningsFile(JSON.stringify(document))).toEqual([
      { code: 'tool.warning', message: 'edge clipped' },
      { code: 'wcs', message: 'fit is poor' },
    ]);
  });

  it('shows entries of another shape as they are', () => {
    expect(parseWarningsFile('[{"text": "x"}, 7, null]')).toEqual([
      { code: 'tool.warning', message: '{"text":"x"}' },
      { code: 'tool.warning', message: '7' },
      { code: 'tool.warning', message: 'null' },
    ]);
  });

  it('finds nothing in an empty list', () => {
    expect([parseWarningsFile('[]'), parseWarningsFile('{"warnings": []}')]).toEqual([[], []]);
  });

  it.each(['', '{', '{}', '"x"', '{"warnings": "x"}'])('is a warning itself when the file is %j', (text) => {
    expect(parseWarningsFile(text)).toEqual([expect.objectContaining({ code: 'warnings_file.invalid' })]);
  });

  it('keeps a hundred and counts the rest', () => {
    const warnings = parseWarningsFile(JSON.stringify(Array.from({ length: 250 }, () => 'again')));

    expect(warnings).toHaveLength(MAX_TOOL_WARNINGS + 1);
    expect(warnings.at(-1)).toEqual({
      code: 'warnings_file.too_long',
      message: '150 more warnings are in warnings.json',
    });
  });

  it('gives bounded texts for any JSON and any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(
          parseWarningsFile(text).every(
            ({ code, message }) => code !== '' && code.length <= 100 && message.length <= 1000,
          ),
        ).toBe(true);
      }),
    );
  });
});
