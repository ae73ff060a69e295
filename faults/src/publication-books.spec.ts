import { checkPublicationBooks, type PublicationBooks, type PublicationEntry } from './publication-books.js';

const ENTRY: PublicationEntry = {
  ...{
    id: 1,
    state: 'published',
    reasons: [],
    path: 'a/v1/a.fits',
    attempts: 1,
    maxAttempts: 3,
    sha256: 'aa',
  },
  ...{ verdicts: ['PASS'], isSuperseded: false, copies: ['PRESENT'] },
  states: ['staged', 'eligible', 'publishing', 'published'],
};
const FILES = new Map([['a/v1/a.fits', 'aa']]);

const kinds = (
  entry: Partial<PublicationEntry>,
  { withdrawn = [], ...books }: Partial<PublicationBooks> & { withdrawn?: readonly number[] } = {},
) =>
  checkPublicationBooks(
    { publications: [{ ...ENTRY, ...entry }], forgotten: [], files: FILES, ...books },
    new Set(withdrawn),
  ).map(({ kind }) => kind);

const NOT_PUBLIC = { path: null, copies: [] };
const NO_FILES = { files: new Map<string, string>() };

describe('checkPublicationBooks', () => {
  it('finds nothing wrong with a product whose bytes are public once, under the name that is recorded', () => {
    expect(kinds({})).toEqual([]);
  });

  it('finds nothing wrong with one that was taken back, or rejected, and left nothing', () => {
    const withdrawn = { state: 'withdrawn', copies: ['DELETED'], states: [...ENTRY.states, 'withdrawn'] };
    expect(kinds(withdrawn, { ...NO_FILES, withdrawn: [1] })).toEqual([]);
    const rejected = { ...NOT_PUBLIC, state: 'rejected', states: ['staged', 'rejected'] };
    expect(kinds({ ...rejected, verdicts: ['FAIL'] }, NO_FILES)).toEqual([]);
    expect(kinds({ ...rejected, isSuperseded: true }, NO_FILES)).toEqual([]);
  });

  it.each<[string, string[], Partial<PublicationEntry>, Parameters<typeof kinds>[1]]>([
    ['published bytes that are not there', ['lost'], {}, NO_FILES],
    ['published bytes that are others', ['lost'], {}, { files: new Map([['a/v1/a.fits', 'bb']]) }],
    ['a public copy that is not recorded', ['lost'], { copies: [] }, {}],
    ['a published product of a bad run', ['doubled'], { verdicts: ['FAIL'] }, {}],
    ['more attempts than allowed', ['doubled'], { attempts: 4 }, {}],
    [
      'what was published twice',
      ['doubled'],
      { states: ['staged', 'publishing', 'published', 'eligible', 'publishing', 'published'] },
      {},
    ],
    [
      'a publication that nobody works on',
      ['stuck'],
      { ...NOT_PUBLIC, state: 'publishing', states: ['staged', 'eligible', 'publishing'] },
      NO_FILES,
    ],
    [
      'one that is rejected for nothing',
      ['lost'],
      { ...NOT_PUBLIC, state: 'rejected', states: ['staged', 'rejected'] },
      NO_FILES,
    ],
    [
      'bytes of what is not published',
      ['doubled'],
      { ...NOT_PUBLIC, state: 'rejected', states: ['staged', 'rejected'], verdicts: ['FAIL'] },
      {},
    ],
    [
      'a copy that is to be removed for ever',
      ['stuck'],
      { state: 'withdrawn', copies: ['DELETION_SCHEDULED'], states: ['published', 'withdrawn'] },
      { ...NO_FILES, withdrawn: [1] },
    ],
    ['what nobody took back', ['lost'], { state: 'withdrawn', copies: [], states: ['withdrawn'] }, NO_FILES],
    ['a history that ends elsewhere', ['lost'], { states: ['staged'] }, {}],
    ['a half-written file', ['stuck'], {}, { files: new Map([...FILES, ['a/v1/.x.partial', '']]) }],
    ['a file of nobody', ['doubled'], {}, { files: new Map([...FILES, ['b.fits', '']]) }],
    ['science that was never to be published', ['lost'], {}, { forgotten: [3] }],
  ])('finds %s', (_, expected, entry, books) => {
    expect(kinds(entry, books)).toEqual(expected);
  });
});
