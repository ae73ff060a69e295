import type { KnownDefinitions } from '../check-references.js';

/** An ops-db in which nothing is defined. */
export const NOTHING_KNOWN: KnownDefinitions = {
  software: new Map(),
  groupings: new Set(),
  pools: new Set(),
  locations: new Map(),
  pipelines: new Map(),
};
