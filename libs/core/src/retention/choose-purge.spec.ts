import { Random } from '../testing/random.js';
import { choosePurge, reasonToKeep, type PurgeCandidate } from './choose-purge.js';

const OVER: PurgeCandidate = {
  ...{ copyId: 1, bytes: 100, keep: { kind: 'days', days: 30 }, ageDays: 30, newerResults: 0 },
  ...{ isRaw: false, isCalibration: false, isLog: false, isResultTable: false, isPublished: false },
  ...{
    isInsideBase: true,
    isRecordComplete: true,
    isNeededByRun: false,
    openDependents: 0,
    hasDependents: true,
  },
};
const FULL = { usedBytes: 1000, highBytes: 900, lowBytes: 500 };

describe('reasonToKeep', () => {
  it.each<[Partial<PurgeCandidate>, string | null]>([
    [{}, null],
    [{ isRaw: true }, 'raw'],
    [{ isCalibration: true }, 'calibration'],
    [{ isLog: true }, 'log'],
    [{ isResultTable: true }, 'result_table'],
    [{ isPublished: true }, 'published'],
    [{ isInsideBase: false }, 'outside_base'],
    [{ isRecordComplete: false }, 'unverified_record'],
    [{ isNeededByRun: true }, 'needed_by_run'],
    [{ openDependents: 1 }, 'downstream_open'],
    [{ ageDays: 29.9 }, 'policy'],
    [{ keep: { kind: 'for_ever' } }, 'policy'],
    [{ keep: { kind: 'last', results: 2 }, newerResults: 1 }, 'policy'],
    [{ keep: { kind: 'last', results: 2 }, newerResults: 2 }, null],
    [{ keep: { kind: 'until_downstream' } }, null],
    [{ keep: { kind: 'until_downstream' }, hasDependents: false }, 'policy'],
    [{ isPublished: true, isNeededByRun: true, ageDays: 0 }, 'published'],
  ])('%j: %s', (change, reason) => {
    expect(reasonToKeep({ ...OVER, ...change })).toBe(reason);
  });
});

describe('choosePurge', () => {
  const many = Array.from({ length: 10 }, (_, index) => ({ ...OVER, copyId: index }));

  it('frees from the high-water mark down to the low one, in the order given', () => {
    expect(choosePurge(many, FULL).map(({ action }) => action)).toEqual([
      ...['delete', 'delete', 'delete', 'delete', 'delete', 'keep', 'keep', 'keep', 'keep', 'keep'],
    ]);
    expect(choosePurge(many, FULL).at(-1)).toMatchObject({ reason: 'enough_is_free' });
  });

  it('deletes nothing below the high-water mark', () => {
    const decisions = choosePurge(many, { ...FULL, usedBytes: 899 });
    expect(new Set(decisions.map(({ reason }) => reason))).toEqual(new Set(['enough_is_free']));
  });

  it('never deletes what there is a reason to keep, accounts for every byte, and stops as soon as it may', () => {
    const random = new Random(17);
    const flag = () => random.chance(0.1);
    for (let round = 0; round < 500; round += 1) {
      const candidates = Array.from({ length: random.whole(0, 30) }, (_, copyId): PurgeCandidate => ({
        ...{ ...OVER, copyId, bytes: random.whole(0, 300), ageDays: random.whole(0, 60) },
        ...{
          isRaw: flag(),
          isCalibration: flag(),
          isLog: flag(),
          isResultTable: flag(),
          isPublished: flag(),
        },
        ...{
          isInsideBase: !flag(),
          isRecordComplete: !flag(),
          isNeededByRun: flag(),
          openDependents: random.whole(0, 1),
        },
      }));
      const total = candidates.reduce((sum, { bytes }) => sum + bytes, 0);
      const marks = { usedBytes: total, highBytes: random.whole(0, total), lowBytes: 0 };
      marks.lowBytes = random.whole(0, marks.highBytes);
      const decisions = choosePurge(candidates, marks);
      expect(decisions.map(({ copyId, bytes }) => [copyId, bytes])).toEqual(
        candidates.map(({ copyId, bytes }) => [copyId, bytes]),
      );
      const deleted = decisions.filter(({ action }) => action === 'delete');
      expect(deleted.every(({ copyId }) => reasonToKeep(candidates[copyId] ?? OVER) === null)).toBe(true);
      const left = total - deleted.reduce((sum, { bytes }) => sum + bytes, 0);
      const last = deleted.at(-1)?.bytes ?? 0;
      expect(deleted.length === 0 || left + last > marks.lowBytes).toBe(true);
      const enough = decisions.some(({ reason }) => reason === 'enough_is_free');
      expect(!enough || left <= marks.lowBytes || total < marks.highBytes).toBe(true);
    }
  });
});
