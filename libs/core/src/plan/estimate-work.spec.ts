import { estimateWork, type PlannedWork, type Quantiles, type WorkHistory } from './estimate-work.js';

/** Runs that take 10, 20 or 60 minutes on two CPUs. */
const HISTORY: WorkHistory = {
  samples: 9,
  elapsedSeconds: { p10: 600, p50: 1200, p90: 3600 },
  coreSeconds: { p10: 1200, p50: 2400, p90: 7200 },
};
const work = (step: string, runs: number, more: Partial<PlannedWork> = {}): PlannedWork => ({
  step,
  runs,
  history: HISTORY,
  upstream: [],
  maxActiveRuns: null,
  pool: null,
  ...more,
});
const minutes = (quantiles: Quantiles | null): number[] | null =>
  quantiles === null ? null : [quantiles.p10, quantiles.p50, quantiles.p90].map((seconds) => seconds / 60);
const minutesOf = (planned: readonly PlannedWork[], locationSlots: number | null = null): number[] | null =>
  minutes(estimateWork(planned, locationSlots).finishSeconds);

describe('estimateWork', () => {
  it('adds up the core-hours of all runs', () => {
    const { coreHours, bySteps } = estimateWork([work('a', 3), work('b', 6)], null);
    expect(bySteps.get('a')?.coreHours).toEqual({ p10: 1, p50: 2, p90: 6 });
    expect(coreHours).toEqual({ p10: 3, p50: 6, p90: 18 });
  });

  it('without limits every run of a step goes at once', () => {
    expect(minutesOf([work('a', 1000)])).toEqual([10, 20, 60]);
  });

  it.each<[string, Partial<PlannedWork>, number | null]>([
    ['the step', { maxActiveRuns: 4 }, null],
    ['the location', {}, 4],
    ['the pool', { pool: { name: 'gpu', slots: 4 } }, null],
    ['the narrowest of them', { maxActiveRuns: 9, pool: { name: 'gpu', slots: 4 } }, 8],
  ])('a limit of %s makes waves', (_, limits, locationSlots) => {
    expect(minutesOf([work('a', 9, limits)], locationSlots)).toEqual([30, 60, 180]);
  });

  it('a step begins when the last of those that it waits for is done', () => {
    const planned = [
      work('a', 2, { maxActiveRuns: 1 }),
      work('b', 1),
      work('c', 1, { upstream: ['a', 'b'] }),
      work('d', 0, { upstream: ['c'] }),
    ];
    expect(minutesOf(planned)).toEqual([30, 60, 180]);
    expect(minutes(estimateWork(planned, null).bySteps.get('d')?.finishSeconds ?? null)).toEqual([
      30, 60, 180,
    ]);
  });

  it('steps that share a location or a pool take its slots from each other', () => {
    expect(minutesOf([work('a', 4), work('b', 4)], 4)).toEqual([20, 40, 120]);
    const pool = { name: 'gpu', slots: 2 };
    expect(minutesOf([work('a', 2, { pool }), work('b', 2, { pool })])).toEqual([20, 40, 120]);
  });

  it('says nothing of what has never run, and of what comes after it', () => {
    const { coreHours, finishSeconds, unknown, bySteps } = estimateWork(
      [work('a', 1), work('new', 2, { history: null }), work('c', 1, { upstream: ['new'] })],
      5,
    );
    expect([coreHours, finishSeconds, unknown]).toEqual([null, null, ['new']]);
    expect(bySteps.get('a')?.coreHours).toEqual({ p10: 1200 / 3600, p50: 2400 / 3600, p90: 2 });
    expect(bySteps.get('c')?.finishSeconds).toBeNull();
  });

  it('what has never run and has nothing to do leaves the rest known', () => {
    expect(minutesOf([work('a', 1), work('new', 0, { history: null })], 5)).toEqual([10, 20, 60]);
  });

  it('nothing to do is done at once', () => {
    expect(minutesOf([])).toEqual([0, 0, 0]);
  });
});
