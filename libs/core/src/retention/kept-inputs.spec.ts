import { choosePurge, type PurgeCandidate } from './choose-purge.js';

/** A temporary input whose policy lets it go, at a location that is full to the brim. */
const TEMPORARY: PurgeCandidate = {
  ...{ copyId: 1, bytes: 100, keep: { kind: 'until_downstream' }, ageDays: 400, newerResults: 9 },
  ...{ isRaw: false, isCalibration: false, isLog: false, isResultTable: false, isPublished: false },
  ...{
    isInsideBase: true,
    isRecordComplete: true,
    isNeededByRun: false,
    openDependents: 0,
    hasDependents: true,
  },
};
const BRIMFUL = { usedBytes: 1000, highBytes: 900, lowBytes: 0 };
const fate = (change: Partial<PurgeCandidate>) => {
  const [decision] = choosePurge([{ ...TEMPORARY, ...change }], BRIMFUL);
  return [decision?.action, decision?.reason];
};

describe('an input on disk, however full that is', () => {
  it('is kept while something that was to be made of it failed', () => {
    expect(fate({ openDependents: 1 })).toEqual(['keep', 'downstream_open']);
  });

  it('is deleted only after everything made of it is complete and verified', () => {
    expect(fate({ isNeededByRun: true })).toEqual(['keep', 'needed_by_run']);
    expect(fate({ hasDependents: false })).toEqual(['keep', 'policy']);
    expect(fate({})).toEqual(['delete', 'everything made of it is complete']);
  });

  it('is deleted again when its bytes have come back: a decision is about a copy, and remembers none before', () => {
    expect(fate({ copyId: 1 })).toEqual(fate({ copyId: 2 }));
    const twice = [1, 2].map((copyId) => choosePurge([{ ...TEMPORARY, copyId }], BRIMFUL)[0]?.action);
    expect(twice).toEqual(['delete', 'delete']);
  });
});
