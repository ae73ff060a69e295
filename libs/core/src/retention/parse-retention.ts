import type { DocumentReader } from '../definition/document-reader.js';
import { productTypes } from '../output/parse-product-types.js';
import {
  DEFAULT_RETENTION,
  KEEP_FOR_EVER,
  type Keep,
  type RetentionPolicy,
  type RetentionRule,
} from './retention-rule.js';

const POLICY_KEYS = ['rules', 'failed_attempt_days'] as const;
const RULE_KEYS = ['types', 'keep'] as const;
const KEEP_KEYS = ['days', 'last'] as const;
/** A hundred years. */
const MOST_DAYS = 36_525;
const MOST_RESULTS = 1000;

/**
 * `retention` of a step: `{rules: [{types: [INTERMEDIATE], keep: until_downstream}, {types: [PLOT], keep: {days: 30}},
 * {keep: {last: 3}}], failed_attempt_days: 14}`. Products that no rule names are kept for ever. Problems go into the reader's list.
 */
export function parseRetention(reader: DocumentReader): RetentionPolicy {
  if (!reader.has('retention')) return DEFAULT_RETENTION;
  const policy = reader.child('retention', POLICY_KEYS);
  return {
    rules: policy.objects('rules', RULE_KEYS, parseRule),
    failedAttemptDays: policy.integer('failed_attempt_days', DEFAULT_RETENTION.failedAttemptDays, {
      min: 0,
      max: MOST_DAYS,
    }),
  };
}

function parseRule(reader: DocumentReader): RetentionRule {
  return { types: productTypes(reader, 'types'), keep: parseKeep(reader) };
}

function parseKeep(reader: DocumentReader): Keep {
  const value = reader.raw('keep');
  if (value === undefined) reader.report('definition.required', 'keep', '"keep" is required');
  if (value === undefined || typeof value === 'string') {
    const kind = reader.choice('keep', ['for_ever', 'until_downstream'] as const, 'for_ever');
    return { kind };
  }
  const keep = reader.child('keep', KEEP_KEYS);
  const days = keep.integer('days', null, { min: 0, max: MOST_DAYS });
  const results = keep.integer('last', null, { min: 1, max: MOST_RESULTS });
  if (keep.has('days') === keep.has('last'))
    keep.report(
      'retention.keep',
      [],
      'say either days or last: or for_ever, or until_downstream, instead of an object',
    );
  if (days !== null) return { kind: 'days', days };
  return results === null ? KEEP_FOR_EVER : { kind: 'last', results };
}
