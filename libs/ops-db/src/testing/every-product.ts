import type { ProductFilter } from '../queries/list-products.sql.js';

/** Asks for products of whatever kind. */
export const EVERY_PRODUCT: ProductFilter = {
  ...{ pipeline: null, step: null, runId: null, type: null, verdict: null, dims: {} },
  ...{ filter: null, now: new Date(0) },
  ...{ grouping: null, subGroupId: null, isTainted: null, taintId: null },
};
