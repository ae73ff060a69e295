import fc from 'fast-check';
import { formWindows } from './form-windows.js';
import { toMicroseconds, type GroupMember } from './group-member.js';
import type { WindowRule } from './grouping-rule.js';

const RULE: WindowRule = {
  kind: 'window',
  terms: [],
  size: 4,
  step: 2,
  maxGapSeconds: 60,
  maxSpanSeconds: null,
};
const at = (time: number | null, id: number, end: number | null = null): GroupMember => ({
  id,
  time: time === null ? null : toMicroseconds(time),
  timeEnd: end === null ? null : toMicroseconds(end),
  changedAt: 0,
  dims: {},
});
const everyTenSeconds = (count: number): GroupMember[] =>
  Array.from({ length: count }, (_, index) => at(index * 10, index));
const shapes = (rule: WindowRule, members: readonly GroupMember[]): unknown[] =>
  formWindows(rule, members).groups.map(({ dims, memberIds, report }) => [
    dims['window'],
    memberIds.join(' '),
    report['form'],
  ]);

describe('formWindows', () => {
  it('begins a window every step items, and keeps the rest as a shorter one', () => {
    expect(shapes(RULE, everyTenSeconds(7))).toEqual([
      ['1970-01-01T00:00:00Z', '0 1 2 3', 'complete'],
      ['1970-01-01T00:00:20Z', '2 3 4 5', 'complete'],
      ['1970-01-01T00:00:40Z', '4 5 6', 'partial'],
    ]);
  });

  it('adds no shorter window when full ones hold everything', () => {
    expect(shapes(RULE, everyTenSeconds(6))).toHaveLength(2);
  });

  it('counts anew after a gap, and takes the gap from the latest end', () => {
    const members = [at(0, 1), at(10, 2), at(70.1, 3), at(80, 4, 200), at(90, 5), at(260, 6)];
    expect(shapes({ ...RULE, step: 4 }, members)).toEqual([
      ['1970-01-01T00:00:00Z', '1 2', 'partial'],
      ['1970-01-01T00:01:10.1Z', '3 4 5 6', 'complete'],
    ]);
  });

  it('refuses windows that span too much, and says how much', () => {
    const { groups } = formWindows({ ...RULE, maxSpanSeconds: 29 }, everyTenSeconds(4));
    expect(groups.map(({ report }) => report['reason'])).toEqual([
      'its items span 30 s, at most 29 s are allowed',
    ]);
  });

  it('tells windows apart that begin at the same moment', () => {
    const members = [at(0, 1), at(0, 2), at(0, 3)];
    expect(shapes({ ...RULE, size: 2, step: 1 }, members)).toEqual([
      ['1970-01-01T00:00:00Z', '1 2', 'complete'],
      ['1970-01-01T00:00:00Z (2)', '2 3', 'complete'],
    ]);
  });

  it('refuses items without a time', () => {
    expect(formWindows(RULE, [at(null, 1)])).toEqual({
      groups: [],
      refused: [{ id: 1, reason: 'it has no obs_time' }],
    });
  });

  it('has every item in a window, in windows that are contiguous, full but for the last, and different', () => {
    const rules = fc.integer({ min: 1, max: 5 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        step: fc.integer({ min: 1, max: size }),
        maxGapSeconds: fc.option(fc.integer({ min: 1, max: 40 })),
      }),
    );
    fc.assert(
      fc.property(rules, fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 40 }), (rule, times) => {
        const members = times.map((time, id) => at(time, id));
        const { groups } = formWindows({ ...RULE, ...rule }, members);
        const maxGap = rule.maxGapSeconds ?? Infinity;
        const sorted = times.map((time, id) => ({ time, id })).sort((a, b) => a.time - b.time || a.id - b.id);
        const runs: number[][] = [];
        sorted.forEach(({ time, id }, index) => {
          if (index === 0 || time - (sorted[index - 1]?.time ?? 0) > maxGap) runs.push([]);
          runs.at(-1)?.push(id);
        });
        const expected = runs.flatMap((run) =>
          run.flatMap((_, start) =>
            start % rule.step === 0 && (start === 0 || start - rule.step + rule.size < run.length)
              ? [run.slice(start, start + rule.size)]
              : [],
          ),
        );
        expect(groups.map(({ memberIds }) => memberIds)).toEqual(expected);
        expect(new Set(groups.flatMap(({ memberIds }) => memberIds)).size).toBe(times.length);
        expect(new Set(groups.map(({ dims }) => dims['window'])).size).toBe(groups.length);
      }),
      { numRuns: 500 },
    );
  });
});
