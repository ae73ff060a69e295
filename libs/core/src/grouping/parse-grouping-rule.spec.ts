import fc from 'fast-check';
import { DomainError } from '../shared/domain-error.js';
import { parseGroupingRule } from './parse-grouping-rule.js';

const problemsOf = (json: unknown): readonly string[] => {
  try {
    parseGroupingRule(json);
    return [];
  } catch (error) {
    if (error instanceof DomainError) return error.problems.map(({ path }) => path);
    throw error;
  }
};
const SLOTS = { dim: 'subband', count: 16, minimum: 12 };

describe('parseGroupingRule', () => {
  it('reads a list of terms, or an object that has only terms', () => {
    const rule = { kind: 'by', terms: [{ kind: 'dim', name: 'source' }] };
    expect([parseGroupingRule(['source']), parseGroupingRule({ by: ['source'] })]).toEqual([rule, rule]);
  });

  it('reads a cluster, with its durations written either way', () => {
    expect(
      parseGroupingRule({
        by: ['instrument'],
        cluster: {
          tolerance: '60 s',
          slots: { dim: 'subband', values: ['a', 1, true], minimum: 2 },
          on_missing: 'wait',
          on_duplicate: 'error',
          close_after: 'PT10M',
        },
      }),
    ).toEqual({
      kind: 'cluster',
      terms: [{ kind: 'dim', name: 'instrument' }],
      toleranceSeconds: 60,
      slots: { dim: 'subband', values: ['a', '1', 'true'], count: 3, minimum: 2 },
      onMissing: 'wait',
      onDuplicate: 'error',
      closeAfterSeconds: 600,
    });
  });

  it('takes what is usual for what a rule leaves out', () => {
    expect(
      parseGroupingRule({ cluster: { tolerance: '1 min', slots: { dim: 'subband', count: 16 } } }),
    ).toEqual({
      kind: 'cluster',
      terms: [],
      toleranceSeconds: 60,
      slots: { dim: 'subband', values: null, count: 16, minimum: 16 },
      onMissing: 'accept',
      onDuplicate: 'last',
      closeAfterSeconds: null,
    });
    expect(parseGroupingRule({ window: { size: 10 } })).toMatchObject({ step: 10, maxGapSeconds: null });
    expect(parseGroupingRule({ split: { n: 8 } })).toEqual({
      kind: 'split',
      terms: [],
      derive: [],
      partition: { kind: 'none' },
      orderBy: 'obs_time',
      chunk: 1,
      n: 8,
      method: 'interleave',
      seed: 0,
    });
    expect(parseGroupingRule({ item: {} })).toEqual({ kind: 'item', terms: [], bundle: 1 });
  });

  it('reads windows, splits and items', () => {
    const window = { size: 10, step: 5, max_gap: '5 min', max_span: '1 h' };
    expect(parseGroupingRule({ by: ['field'], window })).toEqual({
      kind: 'window',
      terms: [{ kind: 'dim', name: 'field' }],
      size: 10,
      step: 5,
      maxGapSeconds: 300,
      maxSpanSeconds: 3600,
    });
    const split = {
      partition: [{ label: 'low', when: [{ dim: 'el', operator: 'lt', value: 45 }] }],
      order_by: 'metadata.start',
      chunk: 10,
      n: 8,
      method: 'random',
      seed: 3,
    };
    expect(parseGroupingRule({ split })).toMatchObject({
      partition: { kind: 'cases', cases: [{ label: 'low' }] },
      orderBy: { kind: 'metadata', path: ['start'] },
      seed: 3,
    });
    const values = { n: 1, partition: { values_of: 'wafer', separator: ',' } };
    expect(parseGroupingRule({ split: values })).toMatchObject({
      partition: { kind: 'values', source: { kind: 'dim', name: 'wafer' }, separator: ',' },
    });
    expect(parseGroupingRule({ item: { bundle: 25 } })).toMatchObject({ bundle: 25 });
  });

  it.each([
    [{ groups: [] }, ['/groups']],
    [{ by: ['healpix(3)'], item: { bundle: 0 } }, ['/by/0', '/item/bundle']],
    [{ item: {}, window: { size: 1 } }, ['/item']],
    [{ cluster: {} }, ['/cluster/tolerance', '/cluster/slots/dim', '/cluster/slots/values']],
    [{ cluster: { tolerance: 60, slots: SLOTS } }, ['/cluster/tolerance']],
    [{ cluster: { tolerance: '1 month', slots: SLOTS } }, ['/cluster/tolerance']],
    [{ cluster: { tolerance: '1 s', slots: { ...SLOTS, minimum: 17 } } }, ['/cluster/slots/minimum']],
    [
      { cluster: { tolerance: '1 s', slots: { dim: 'x', count: 1, values: ['a'] } } },
      ['/cluster/slots/values'],
    ],
    [
      { cluster: { tolerance: '1 s', slots: { dim: 'x', values: ['a', 'a', []] } } },
      ['/cluster/slots/values/1', '/cluster/slots/values/2'],
    ],
    [{ by: ['cluster'], cluster: { tolerance: '1 s', slots: SLOTS } }, ['/by/0']],
    [{ window: { size: 2, step: 3 } }, ['/window/step']],
    [{ split: { n: 2, partition: [{ label: 'a', when: 7 }] } }, ['/split/partition/0/when']],
    [{ split: { n: 2, partition: [{ label: 'a' }] } }, ['/split/partition/0/when']],
    [
      {
        split: {
          n: 2,
          partition: [
            { label: 'a', when: [] },
            { label: 'a', when: [] },
          ],
        },
      },
      ['/split/partition/1/label'],
    ],
    [
      {
        split: {
          n: 2,
          partition: [{ label: 'a', when: { table: 'Source', column: 'name', operator: 'eq', value: 'x' } }],
        },
      },
      ['/split/partition/0/when'],
    ],
    [
      {
        split: {
          n: 2,
          partition: [
            {
              label: 'a',
              when: { table: 'DataItem', column: 'obs_time', operator: 'within_last', value: 'P1D' },
            },
          ],
        },
      },
      ['/split/partition/0/when'],
    ],
    [{ split: { n: 2, order_by: 'a b' } }, ['/split/order_by']],
    [{ split: { n: 1, derive: [{ kind: 'tides' }] } }, ['/split/derive/0/kind']],
    [{ split: {} }, ['/split/n']],
  ])('names what is wrong with %j by its place', (json, paths) => {
    expect(problemsOf(json)).toEqual(paths);
  });

  it('never fails with anything but a DomainError', () => {
    const key = fc.constantFrom(
      'by', 'cluster', 'window', 'split', 'item', 'slots', 'tolerance', 'values', 'count', 'dim', 'partition',
      'label', 'when', 'values_of', 'order_by', 'n', 'size', 'bundle', '__proto__',
    ); // prettier-ignore
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>('60 s', 'subband', 1, 0, null, true, [], ''),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        problemsOf(value);
      }),
      { numRuns: 20_000 },
    );
  });
});
