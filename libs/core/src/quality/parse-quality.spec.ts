import { DocumentReader } from '../definition/document-reader.js';
import type { Problem } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { parseQuality } from './parse-quality.js';

const parse = (quality: Json) => {
  const problems: Problem[] = [];
  const rules = parseQuality(DocumentReader.of({ quality }, '', ['quality'], problems));
  return { rules, problems: problems.map(({ code, path }) => `${code} ${path}`) };
};

describe('the quality rules of a step', () => {
  it('are read with every default', () => {
    expect(
      parse([
        { metric: 'snr', min: 5, warn_below: 10 },
        { item_fraction: 'failed', max: 0.1, missing: 'FAIL' },
      ]),
    ).toEqual({
      problems: [],
      rules: [
        {
          measure: { of: 'metric', name: 'snr' },
          accept: { min: 5, max: null },
          good: { min: 10, max: null },
          ...{ drift: null, missing: 'NEEDS_REVIEW' },
        },
        {
          measure: { of: 'item_fraction', outcome: 'failed' },
          accept: { min: null, max: 0.1 },
          good: { min: null, max: null },
          ...{ drift: null, missing: 'FAIL' },
        },
      ],
    });
    const { rules } = parse([{ null_fraction: 'sources.flux', drift: { by: ['instrument'], last: 3 } }]);
    expect(rules[0]).toMatchObject({
      measure: { of: 'null_fraction', table: 'sources', column: 'flux' },
      drift: { last: 3, by: ['instrument'], atLeast: 3, warnSigma: 3, failSigma: Infinity },
    });
  });

  it.each<[string, Json, string]>([
    ['nothing to look at', { min: 1 }, 'quality.measure /quality/0'],
    ['two things to look at', { metric: 'a', rows: 'b', min: 1 }, 'quality.measure /quality/0'],
    ['no bound', { metric: 'a' }, 'quality.no_bound /quality/0'],
    ['bounds that nothing meets', { metric: 'a', min: 5, max: 4 }, 'quality.order /quality/0'],
    ['a warning beyond the failure', { metric: 'a', min: 5, warn_below: 4 }, 'quality.order /quality/0'],
    ['a bound that is no number', { metric: 'a', min: '5' }, 'definition.type /quality/0/min'],
    ['half a column', { null_fraction: 'flux', max: 0 }, 'definition.value /quality/0/null_fraction'],
    [
      'an outcome that there is not',
      { item_fraction: 'lost', max: 0 },
      'definition.value /quality/0/item_fraction',
    ],
    [
      'a drift that warns after it failed',
      { metric: 'a', drift: { warn_sigma: 5, fail_sigma: 3 } },
      'quality.order /quality/0/drift',
    ],
  ])('may not have %s', (_, rule, problem) => {
    expect(parse([rule]).problems).toContain(problem);
  });
});
