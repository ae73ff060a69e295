/**
 * One part of a group key: a pure function of one row. `name` is its dimension in the key.
 *
 * A row that has a dimension of that name keeps it, whatever the term would compute: products inherit the key of the run
 * that made them, so a later step with the same `group_by` finds its inputs in the same groups.
 */
export type GroupByTerm =
  | { readonly kind: 'dim'; readonly name: string }
  | { readonly kind: 'date'; readonly name: string }
  | { readonly kind: 'time_bucket'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'healpix'; readonly name: string; readonly nside: number }
  | { readonly kind: 'metadata'; readonly name: string; readonly path: readonly string[] };

export const GROUP_BY_LIMITS = { terms: 16, textLength: 300 } as const;
