import { parseSubject, subjectText, type SubjectKind } from './subject.js';

const ALL: readonly SubjectKind[] = ['item', 'run', 'software', 'host'];

describe('parseSubject', () => {
  it('reads what subjectText writes', () => {
    for (const text of [
      'item:17',
      'run:5',
      'software:extract@1.2.0',
      'software:a@b@1.0.0',
      'host:node-17.cluster',
    ])
      expect(subjectText(parseSubject(text, ALL))).toBe(text);
  });

  it('refuses what is none, or of a kind that is not asked for, and says how to write it', () => {
    for (const text of [
      '',
      '17',
      'item:',
      'item:0',
      'item:1e3',
      'item:99999999999999999',
      'software:extract',
      'software:@1',
      'software:a@',
      'host:a b',
      'tape:7',
    ])
      expect(() => parseSubject(text, ALL)).toThrow('is nothing that this can be asked about');
    expect(() => parseSubject('host:a', ['item', 'run'])).toThrow(
      expect.objectContaining({ action: 'Write it as item:17, or as run:5.' }),
    );
  });
});
