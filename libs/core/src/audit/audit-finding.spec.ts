import { FINDING_KINDS, FINDING_SEVERITIES, findingAdvice } from './audit-finding.js';

describe('what to do about a finding', () => {
  it.each([
    ['missing', 'lost', /restore the file/],
    ['checksum', 'remake', /meridian rematerialise 7"/],
    ['size', 'copy', /Another copy is used/],
    ['unknown', 'note', /Register it, or remove it/],
    ['unreadable', 'remake', /nothing was changed/],
  ] as const)('that is %s and %s is said', (kind, severity, words) => {
    expect(findingAdvice({ kind, severity, itemId: 7 })).toMatch(words);
  });

  it('is said of every kind and severity', () => {
    const said = FINDING_KINDS.flatMap((kind) =>
      FINDING_SEVERITIES.map((severity) => findingAdvice({ kind, severity, itemId: null })),
    );
    expect(said.every((sentence) => sentence.endsWith('.'))).toBe(true);
  });
});
