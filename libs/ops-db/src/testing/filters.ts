// Comparing filters in SQL and in memory. Apart from the builders, as it needs fast-check.
export { compareFilters, type FilterComparison, type FilterDifference } from './compare-filters.js';
export { HARD_FEATURES, hardFeaturesOf, type HardFeature } from './hard-filters.js';
export { insertHostileItems } from './hostile-items.js';
export { randomFilter, randomRule } from './random-filters.js';
