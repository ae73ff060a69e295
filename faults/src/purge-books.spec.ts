import { checkPurgeBooks, type PurgeBooks, type StoredCopy } from './purge-books.js';

const COPY: StoredCopy = {
  ...{ path: 'a.fits', status: 'PRESENT', bytes: 10, isOnDisk: true, mayGo: true, isPublished: false },
  ...{ deletions: 0, deletedBytes: 0 },
};
const GONE = { status: 'DELETED', isOnDisk: false, deletions: 1, deletedBytes: 10 };

const kinds = (copy: Partial<StoredCopy>, books: Partial<PurgeBooks> = {}) =>
  checkPurgeBooks({
    ...{ copies: [{ ...COPY, ...copy }], purges: [], countedBytes: 10, talliedBytes: 10, ...books },
  }).map(({ kind }) => kind);

describe('checkPurgeBooks', () => {
  it('finds nothing wrong with a file that is there, and with one that the policy let go once', () => {
    expect([kinds({}), kinds(GONE)]).toEqual([[], []]);
  });

  it.each<[string, string, Partial<StoredCopy>, Partial<PurgeBooks>]>([
    ['a file that is lost', 'lost', { isOnDisk: false }, {}],
    ['a file that was deleted and is there', 'lost', { ...GONE, isOnDisk: true }, {}],
    ['a file that the policy keeps', 'lost', { ...GONE, mayGo: false }, {}],
    ['a file that the public was to have', 'lost', { ...GONE, isPublished: true }, {}],
    ['a file that is half deleted', 'stuck', { status: 'DELETION_IN_PROGRESS' }, {}],
    ['a file that was deleted twice', 'doubled', { ...GONE, deletions: 2 }, {}],
    ['a file that went without a word', 'doubled', { ...GONE, deletions: 0 }, {}],
    ['a ledger with other bytes', 'lost', { ...GONE, deletedBytes: 9 }, {}],
    ['a tally that is wrong', 'lost', {}, { talliedBytes: 11 }],
    [
      'a purge that has not ended',
      'stuck',
      {},
      { purges: [{ id: 1, isOpen: true, sumBytes: 0, decidedBytes: 0 }] },
    ],
    ['a sum that is wrong', 'lost', {}, { purges: [{ id: 1, isOpen: false, sumBytes: 1, decidedBytes: 2 }] }],
  ])('finds %s', (_, kind, copy, books) => {
    expect(kinds(copy, books)).toEqual([kind]);
  });
});
