import type { DocumentReader } from '../definition/document-reader.js';
import { ITEM_OUTCOMES } from '../table/item-outcomes.js';
import { QA_VERDICTS, type Bounds, type DriftRule, type Measure, type QualityRule } from './quality-rule.js';

const MEASURES = ['metric', 'rows', 'null_fraction', 'flagged_fraction', 'item_fraction'] as const;
const RULE_KEYS = [...MEASURES, 'min', 'max', 'warn_below', 'warn_above', 'drift', 'missing'] as const;
const DRIFT_KEYS = ['last', 'by', 'at_least', 'warn_sigma', 'fail_sigma'] as const;

/**
 * `quality` of a step: rules such as `{metric: snr, min: 5, warn_below: 10}`, `{null_fraction: sources.flux, max: 0.1}`,
 * `{metric: zero_point, drift: {last: 20, by: [instrument], warn_sigma: 3, fail_sigma: 5}}`. Problems go into the reader's list.
 */
export const parseQuality = (reader: DocumentReader): QualityRule[] =>
  reader.objects('quality', RULE_KEYS, parseRule);

function parseRule(reader: DocumentReader): QualityRule {
  const accept = { min: number(reader, 'min'), max: number(reader, 'max') };
  const good = { min: number(reader, 'warn_below'), max: number(reader, 'warn_above') };
  const drift = reader.has('drift') ? parseDrift(reader.child('drift', DRIFT_KEYS)) : null;
  if ([accept, good].every(({ min, max }) => min === null && max === null) && drift === null)
    reader.report('quality.no_bound', [], 'a rule needs min, max, warn_below, warn_above or drift');
  reportOrder(reader, accept, good);
  return {
    measure: parseMeasure(reader),
    accept,
    good,
    drift,
    missing: reader.choice('missing', QA_VERDICTS, 'NEEDS_REVIEW'),
  };
}

function reportOrder(reader: DocumentReader, accept: Bounds, good: Bounds): void {
  const lowest = [accept.min, good.min, good.max, accept.max].filter((bound) => bound !== null);
  if (lowest.some((bound, index) => bound < (lowest[index - 1] ?? bound)))
    reader.report('quality.order', [], 'no number could be good: min ≤ warn_below ≤ warn_above ≤ max');
}

function parseMeasure(reader: DocumentReader): Measure {
  const given = MEASURES.filter((name) => reader.has(name));
  const [kind = 'metric'] = given;
  if (given.length !== 1)
    reader.report('quality.measure', [], `a rule looks at exactly one of ${MEASURES.join(', ')}`);
  switch (kind) {
    case 'metric':
      return { of: kind, name: given.length === 0 ? '' : reader.requiredText(kind) };
    case 'rows':
    case 'flagged_fraction':
      return { of: kind, table: reader.requiredText(kind) };
    case 'null_fraction': {
      const [table = '', column = '', ...more] = reader.requiredText(kind).split('.');
      if (column === '' || more.length > 0)
        reader.report('definition.value', kind, 'name the table and the column, as in sources.flux');
      return { of: kind, table, column };
    }
    case 'item_fraction':
      return { of: kind, outcome: reader.choice(kind, ITEM_OUTCOMES, null) };
  }
}

const MOST_RUNS = 1000;

function parseDrift(reader: DocumentReader): DriftRule {
  const last = reader.integer('last', 20, { min: 2, max: MOST_RUNS });
  const drift = {
    last,
    by: reader.textList('by'),
    atLeast: reader.integer('at_least', Math.min(5, last), { min: 2, max: last }),
    warnSigma: number(reader, 'warn_sigma') ?? 3,
    failSigma: number(reader, 'fail_sigma') ?? Infinity,
  };
  if (drift.warnSigma <= 0 || drift.failSigma < drift.warnSigma)
    reader.report('quality.order', [], 'warn_sigma is above 0 and not above fail_sigma');
  return drift;
}

function number(reader: DocumentReader, key: string): number | null {
  const value = reader.raw(key);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  reader.report('definition.type', key, `"${key}" must be a number`);
  return null;
}
