import type { DocumentReader } from '../definition/document-reader.js';
import { productTypes } from '../output/parse-product-types.js';
import type { PublicationGate, PublicationRule } from './publication-rule.js';

const KEYS = ['types', 'to', 'automatic', 'gate', 'max_attempts'] as const;
const GATE_KEYS = ['worst', 'reviewed', 'companions'] as const;
const WORST = ['PASS', 'WARN', 'NEEDS_REVIEW'] as const;
const DEFAULT_ATTEMPTS = 3;
const MOST_ATTEMPTS = 100;

/**
 * `publication` of a step: `{types: [SCIENCE], to: public, automatic: true, gate: {worst: WARN, reviewed: true, companions: [PLOT]},
 * max_attempts: 3}`; null when it says nothing. Problems go into the reader's list.
 */
export function parsePublication(reader: DocumentReader): PublicationRule | null {
  if (!reader.has('publication')) return null;
  const rule = reader.child('publication', KEYS);
  const types = productTypes(rule, 'types');
  return {
    types: types.length > 0 ? types : ['SCIENCE'],
    to: rule.requiredText('to'),
    automatic: rule.boolean('automatic', true),
    gate: parsePublicationGate(rule),
    maxAttempts: rule.integer('max_attempts', DEFAULT_ATTEMPTS, { min: 1, max: MOST_ATTEMPTS }),
  };
}

/** `gate` of a publication, as it stands with each that is staged. */
export function parsePublicationGate(reader: DocumentReader): PublicationGate {
  const gate = reader.child('gate', GATE_KEYS);
  return {
    worst: gate.choice('worst', WORST, 'PASS'),
    reviewed: gate.boolean('reviewed', false),
    companions: productTypes(gate, 'companions'),
  };
}
