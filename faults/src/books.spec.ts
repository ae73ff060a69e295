import type { JobToken } from '@meridian/core';
import { checkBooks, type Books, type Witnesses } from './books.js';

const TOKEN = 'mrd-test-1-1' as JobToken;
const RUN = {
  runId: 1,
  status: 'COMPLETED',
  attempt: 1,
  failureClass: null,
  reason: '',
  isCancelRequested: false,
  leaseOwner: null,
} as const;
const ATTEMPT = { runId: 1, number: 1, token: TOKEN, jobId: '7', failureClass: null, reason: null };
/** A file that is there. */
const PRODUCT = { runId: 1, attempt: 1, path: 'a.fits', file: __filename, isPurged: false };

const books = (changed: Partial<Books> = {}): Books => ({
  runs: [RUN],
  attempts: [ATTEMPT],
  products: [PRODUCT],
  ...changed,
});
const witnesses = (changed: Partial<Witnesses> = {}): Witnesses => ({
  executions: new Map([['1.1', { began: 1, finished: 1 }]]),
  excuses: new Map(),
  submissions: new Map([[TOKEN, 1]]),
  maybeSubmittedTwice: new Set(),
  expectedPaths: ['a.fits'],
  outdated: new Set(),
  ...changed,
});
const kinds = async (changedBooks: Partial<Books>, changedWitnesses: Partial<Witnesses> = {}) =>
  (await checkBooks(books(changedBooks), witnesses(changedWitnesses))).map(({ kind }) => kind);

describe('checkBooks', () => {
  it('finds nothing wrong with a run that was executed once and has its product', async () => {
    expect(await kinds({})).toEqual([]);
  });

  it.each<[string, string, Partial<Books>, Partial<Witnesses>]>([
    ['a run that has not ended', 'stuck', { runs: [{ ...RUN, status: 'SUBMITTED' }], products: [] }, {}],
    ['an ended run that somebody still holds', 'stuck', { runs: [{ ...RUN, leaseOwner: 'x' }] }, {}],
    ['a failure that nothing explains', 'lost', { runs: [{ ...RUN, status: 'FAILED' }], products: [] }, {}],
    [
      'a cancellation that nobody asked for',
      'lost',
      { runs: [{ ...RUN, status: 'CANCELLED' }], products: [] },
      {},
    ],
    ['a product that is missing', 'lost', { products: [] }, {}],
    ['a product that is not on disk', 'lost', { products: [{ ...PRODUCT, file: '/nowhere' }] }, {}],
    ['a success that was never executed', 'lost', {}, { executions: new Map() }],
    ['a product of another attempt', 'doubled', { products: [{ ...PRODUCT, attempt: 2 }] }, {}],
    ['an attempt that was submitted twice', 'doubled', {}, { submissions: new Map([[TOKEN, 2]]) }],
    [
      'an attempt that was executed twice, though one of them is the result',
      'doubled',
      { runs: [{ ...RUN, status: 'FAILED' }], products: [] },
      {
        executions: new Map([['1.1', { began: 2, finished: 1 }]]),
        excuses: new Map([[TOKEN, ['node_failed']]]),
      },
    ],
    [
      'a retry that nothing explains',
      'doubled',
      {
        runs: [{ ...RUN, attempt: 2 }],
        attempts: [ATTEMPT, { ...ATTEMPT, number: 2, token: 'mrd-test-1-2' as JobToken }],
        products: [{ ...PRODUCT, attempt: 2 }],
      },
      { executions: new Map([['1.2', { began: 1, finished: 1 }]]) },
    ],
  ])('finds %s', async (_, kind, changedBooks, changedWitnesses) => {
    expect(await kinds(changedBooks, changedWitnesses)).toEqual([kind]);
  });

  it('accepts a failure that was brought about', async () => {
    const failed = { runs: [{ ...RUN, status: 'FAILED' as const }], products: [] };
    expect(await kinds(failed, { excuses: new Map([[TOKEN, ['job_cancelled_at_site']]]) })).toEqual([]);
  });

  it('accepts the failure of a run of which an input got other bytes, and of no other', async () => {
    const failed = { runs: [{ ...RUN, status: 'FAILED' as const }], products: [] };
    expect(await kinds(failed, { outdated: new Set([1]) })).toEqual([]);
    expect(await kinds(failed, { outdated: new Set([2]) })).toEqual(['lost']);
  });

  it('accepts that the bytes of a product were deleted on purpose', async () => {
    expect(await kinds({ products: [{ ...PRODUCT, file: '/nowhere', isPurged: true }] })).toEqual([]);
  });

  it('finds a product that is registered twice', async () => {
    expect(await kinds({ products: [PRODUCT, PRODUCT] })).toEqual(['doubled', 'doubled']);
  });
});
