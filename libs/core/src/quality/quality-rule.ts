import { ITEM_OUTCOMES, type ItemOutcome } from '../table/item-outcomes.js';

/** What a judgement of quality says, from the best to the worst. */
export const QA_VERDICTS = ['PASS', 'WARN', 'NEEDS_REVIEW', 'FAIL'] as const;
export type QaVerdict = (typeof QA_VERDICTS)[number];

/** The worse of two verdicts. */
export const worse = (left: QaVerdict, right: QaVerdict): QaVerdict =>
  QA_VERDICTS.indexOf(left) >= QA_VERDICTS.indexOf(right) ? left : right;

/** The number that a rule looks at. */
export type Measure =
  /** A metric of the run. */
  | { readonly of: 'metric'; readonly name: string }
  /** How many rows a table got from the run. */
  | { readonly of: 'rows'; readonly table: string }
  /** The part of a table's rows in which a column is null. */
  | { readonly of: 'null_fraction'; readonly table: string; readonly column: string }
  /** The part of a table's rows with a flag raised. */
  | { readonly of: 'flagged_fraction'; readonly table: string }
  /** The part of the run's items that ended so. */
  | { readonly of: 'item_fraction'; readonly outcome: ItemOutcome };

/** Where a number is acceptable; each bound belongs to what is acceptable. Null is no bound. */
export interface Bounds {
  readonly min: number | null;
  readonly max: number | null;
}

/** How far a number may lie from those of earlier runs, in robust standard deviations. */
export interface DriftRule {
  /** How many earlier completed runs of the step are looked at, the newest first. */
  readonly last: number;
  /** Dimensions that an earlier run must have in common with this one. */
  readonly by: readonly string[];
  /** With fewer there is nothing to compare with. */
  readonly atLeast: number;
  readonly warnSigma: number;
  readonly failSigma: number;
}

export interface QualityRule {
  readonly measure: Measure;
  /** Outside of it: FAIL. */
  readonly accept: Bounds;
  /** Outside of it, and acceptable: WARN. */
  readonly good: Bounds;
  readonly drift: DriftRule | null;
  /** The verdict when the number was not measured. */
  readonly missing: QaVerdict;
}

export const isItemOutcome = (value: unknown): value is ItemOutcome =>
  (ITEM_OUTCOMES as readonly unknown[]).includes(value);

/** The measure, as people read it and as its history is kept. */
export function measureInWords(measure: Measure): string {
  switch (measure.of) {
    case 'metric':
      return measure.name;
    case 'rows':
      return `rows of ${measure.table}`;
    case 'null_fraction':
      return `null fraction of ${measure.table}.${measure.column}`;
    case 'flagged_fraction':
      return `flagged fraction of ${measure.table}`;
    case 'item_fraction':
      return `fraction of items ${measure.outcome}`;
  }
}
