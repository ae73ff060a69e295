import type { ProductType } from '../output/product-type.js';

/** How long the bytes of a product are wanted. Records, checksums, recipes and lineage stay for ever. */
export type Keep =
  | { readonly kind: 'for_ever' }
  /** So long after the file was made. */
  | { readonly kind: 'days'; readonly days: number }
  /** Of the newest so many results of a sub-group. */
  | { readonly kind: 'last'; readonly results: number }
  /** Until everything made of it is complete and verified. */
  | { readonly kind: 'until_downstream' };

/** What a step says of some of its products; the first rule that names a product's type holds. */
export interface RetentionRule {
  /** Empty names all. */
  readonly types: readonly ProductType[];
  readonly keep: Keep;
}

/** What a step says of what it leaves behind. */
export interface RetentionPolicy {
  readonly rules: readonly RetentionRule[];
  /** How long the files of attempts that failed are kept to be looked at. */
  readonly failedAttemptDays: number;
}

export const KEEP_FOR_EVER: Keep = { kind: 'for_ever' };
export const DEFAULT_RETENTION: RetentionPolicy = { rules: [], failedAttemptDays: 14 };

export const keepOf = ({ rules }: RetentionPolicy, type: ProductType): Keep =>
  rules.find(({ types }) => types.length === 0 || types.includes(type))?.keep ?? KEEP_FOR_EVER;
