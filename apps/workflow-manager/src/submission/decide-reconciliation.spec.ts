import type { JobId } from '@meridian/core';
import { decideReconciliation, type SubmissionEvidence } from './decide-reconciliation.js';

const evidence = (overrides: Partial<SubmissionEvidence>): SubmissionEvidence => ({
  lookup: { kind: 'absent' },
  marker: { kind: 'none' },
  ageSeconds: 100,
  lostAfterSeconds: 90,
  isCancelRequested: false,
  ...overrides,
});
const found = { kind: 'found', jobId: '17' as JobId } as const;
const unanswered = { kind: 'unanswered', reason: 'no route to host' } as const;

describe('decideReconciliation', () => {
  it.each<[string, Partial<SubmissionEvidence>, string]>([
    ['a job that the site knows is adopted', { lookup: found }, 'adopt'],
    [
      'a job that the site knows is adopted, even of a run to be cancelled',
      { lookup: found, isCancelRequested: true },
      'adopt',
    ],
    [
      'a job that claimed its directory is adopted, though the site does not answer',
      { lookup: unanswered, marker: { kind: 'taken', jobId: '17' } },
      'adopt',
    ],
    [
      'a job that claimed its directory is adopted, though the site has forgotten it',
      { marker: { kind: 'taken', jobId: '17' } },
      'adopt',
    ],
    ['a claim without an id waits for it', { marker: { kind: 'taken', jobId: null }, ageSeconds: 5 }, 'wait'],
    [
      'a claim without an id waits for a site that does not answer, however old the submission',
      { lookup: unanswered, marker: { kind: 'taken', jobId: null }, ageSeconds: 1e9 },
      'wait',
    ],
    [
      'a claim without an id of a job that provably is no more fails its attempt: no job can claim that directory again',
      { marker: { kind: 'taken', jobId: null } },
      'fail',
    ],
    [
      'a claim without an id of a job that provably is no more ends a run to be cancelled',
      { marker: { kind: 'taken', jobId: null }, isCancelRequested: true },
      'cancel',
    ],
    [
      'a site that does not answer proves nothing, however old the submission',
      { lookup: unanswered, ageSeconds: 1e9 },
      'wait',
    ],
    ['a submission that may still be on its way is not made again', { ageSeconds: 89.9 }, 'wait'],
    ['a submission that provably never arrived is made again', { ageSeconds: 90 }, 'submit_again'],
    [
      'a submission that provably never arrived ends a run to be cancelled',
      { isCancelRequested: true },
      'cancel',
    ],
    [
      'a young submission of a run to be cancelled waits too',
      { isCancelRequested: true, ageSeconds: 5 },
      'wait',
    ],
  ])('%s', (_, overrides, kind) => {
    expect(decideReconciliation(evidence(overrides)).kind).toBe(kind);
  });

  it('says how long it waits and for what', () => {
    expect(decideReconciliation(evidence({ ageSeconds: 78.5 }))).toEqual({
      kind: 'wait',
      reason: 'the site does not know it yet; its submission may take 12 s more to show up',
      seconds: 11.5,
    });
  });
});
