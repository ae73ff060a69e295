import { judgeQuality, median } from './judge-quality.js';
import type { DriftRule, QualityRule } from './quality-rule.js';

const NONE = { min: null, max: null };
const rule = (change: Partial<QualityRule>): QualityRule => ({
  ...{
    measure: { of: 'metric', name: 'snr' },
    accept: NONE,
    good: NONE,
    drift: null,
    missing: 'NEEDS_REVIEW',
  },
  ...change,
});
const SNR = rule({ accept: { min: 5, max: null }, good: { min: 10, max: null } });
const DRIFT: DriftRule = { last: 20, by: [], atLeast: 5, warnSigma: 3, failSigma: 5 };
const finding = (one: QualityRule, value: number | null, earlier: readonly number[] = []) =>
  judgeQuality([{ rule: one, value, earlier }]).findings[0];

describe('judgeQuality', () => {
  it.each([
    [12, 'PASS', ''],
    [10, 'PASS', ''],
    [9.999, 'WARN', '9.999 is below 10'],
    [5, 'WARN', '5 is below 10'],
    [4.9, 'FAIL', '4.9 is below 5'],
    [null, 'NEEDS_REVIEW', 'it was not measured'],
    [Number.NaN, 'NEEDS_REVIEW', 'it was not measured'],
  ])('a signal-to-noise ratio of %j is %s', (value, verdict, reason) => {
    expect(finding(SNR, value)).toMatchObject({ verdict, reason });
  });

  it('knows upper bounds, and how a missing number is to be taken', () => {
    const fraction = rule({
      accept: { min: null, max: 0.1 },
      good: { min: null, max: 0.05 },
      missing: 'PASS',
    });
    expect(finding(fraction, 0.07)).toMatchObject({ verdict: 'WARN', reason: '0.07 is above 0.05' });
    expect(finding(fraction, 0.2)).toMatchObject({ verdict: 'FAIL' });
    expect(finding(fraction, null)).toMatchObject({ verdict: 'PASS', reason: '' });
  });

  it.each([
    [[25, 25.1, 24.9, 25, 25.05, 24.95], 25.1, 'PASS', ''],
    [[25, 25.1, 24.9, 25, 25.05, 24.95], 25.3, 'WARN', '25.3 is 4.0 σ from the median 25 of the last 6'],
    [[25, 25.1, 24.9, 25, 25.05, 24.95], 26, 'FAIL', '26 is 13.5 σ from the median 25 of the last 6'],
    [[25, 25.1, 24.9, 25], 99, 'PASS', ''],
    [[25, 25, 25, 25, 25], 25, 'PASS', ''],
    [[25, 25, 25, 25, 25], 25.001, 'FAIL', '25.001 is unlike the median 25 of the last 5'],
    [[25, 25.1, 24.9, 25, 25.05, 1e9], 25.1, 'PASS', ''],
  ])('after %j, %d is %s', (earlier, value, verdict, reason) => {
    expect(finding(rule({ drift: DRIFT }), value, earlier)).toMatchObject({ verdict, reason });
  });

  it('says the worst of its rules, and what each found', () => {
    const judged = judgeQuality([
      { rule: SNR, value: 7, earlier: [] },
      {
        rule: rule({ measure: { of: 'rows', table: 'sources' }, accept: { min: 1, max: null } }),
        value: 0,
        earlier: [],
      },
    ]);
    expect(judged).toEqual({
      verdict: 'FAIL',
      findings: [
        { measure: 'snr', value: 7, verdict: 'WARN', reason: '7 is below 10' },
        { measure: 'rows of sources', value: 0, verdict: 'FAIL', reason: '0 is below 1' },
      ],
    });
    expect(judgeQuality([])).toEqual({ verdict: 'PASS', findings: [] });
  });

  it('has no median of nothing', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(() => median([])).toThrow(RangeError);
  });
});
