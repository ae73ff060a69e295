import type { Json, JsonObject } from '@meridian/core';
import type { Random } from '@meridian/core/testing';

const TERMS = [
  ['source'],
  ['line'],
  ['source', 'line'],
  [],
  ['raw_data_file'],
  ['date(obs_time)'],
  ["time_bucket(obs_time, '6 h')"],
  ['metadata.night'],
  ['healpix(1)'],
  ['source', 'date(obs_time)'],
  // What the kinds give, the products that a later step takes have as well.
  ['window'],
  ['cluster'],
  ['split'],
] as const satisfies readonly (readonly string[])[];

/** What parts the items before they are clustered, split and so on: few values, so that neighbours meet. */
const PARTS = [[], [], ['source'], ['line'], ['date(obs_time)'], ['metadata.night']] as const;

/** `cluster`, `window`, `split` and `item` beside a list of terms. */
export function planGroupBy(random: Random): readonly Json[] | JsonObject {
  const kind = random.weighted({ by: 50, cluster: 16, window: 14, split: 14, item: 6 });
  const by = random.oneOf<readonly string[]>(PARTS) ?? [];
  switch (kind) {
    case 'by':
      return random.oneOf<readonly string[]>(TERMS) ?? [];
    case 'cluster':
      return { by, cluster: planCluster(random) };
    case 'window':
      return { by, window: planWindow(random) };
    case 'split':
      return { by, split: planSplit(random) };
    case 'item':
      return { by, item: { bundle: random.whole(1, MOST_BUNDLED) } };
  }
}

/** Items that a shard of a history has at most. */
export const MOST_BUNDLED = 3;

const SLOTS: readonly JsonObject[] = [
  { dim: 'dataset', values: ['a', 'b'] },
  { dim: 'dataset', values: ['b', 'a'], minimum: 1 },
  { dim: 'line', values: ['CO43', 'CI10', 'NII'], minimum: 2 },
  { dim: 'raw_data_file', count: 3, minimum: 2 },
  { dim: 'source', count: 2, minimum: 1 },
];

function planCluster(random: Random): JsonObject {
  return {
    tolerance: random.pick(['20 min', '1 h', '3 h']),
    slots: random.oneOf(SLOTS) ?? {},
    on_missing: random.pick(['accept', 'wait', 'refuse']),
    on_duplicate: random.pick(['last', 'first', 'error']),
    ...(random.chance(0.5) ? { close_after: random.pick(['5 min', '1 h']) } : {}),
  };
}

function planWindow(random: Random): JsonObject {
  const size = random.whole(1, 4);
  return {
    size,
    step: random.whole(1, size),
    ...(random.chance(0.5) ? { max_gap: random.pick(['30 min', '6 h']) } : {}),
    ...(random.chance(0.3) ? { max_span: random.pick(['1 h', '24 h']) } : {}),
  };
}

const PARTITIONS: readonly JsonObject[] = [
  {},
  { partition: { values_of: 'dataset' } },
  { partition: { values_of: 'line', separator: '4' } },
  { partition: { values_of: 'metadata.night' } },
  {
    partition: [
      { label: 'm17', when: { dim: 'source', operator: 'eq', value: 'M17' } },
      { label: 'large', when: { table: 'DataItem', column: 'size_bytes', operator: 'gt', value: 100 } },
    ],
  },
  {
    derive: [{ kind: 'threshold', dim: 'nights', value: 'metadata.night', limit: 3 }],
    partition: { values_of: 'nights' },
  },
];

function planSplit(random: Random): JsonObject {
  return {
    ...random.oneOf(PARTITIONS),
    ...(random.chance(0.3) ? { order_by: random.pick(['metadata.night', 'dataset']) } : {}),
    chunk: random.whole(1, 3),
    n: random.whole(1, 3),
    ...(random.chance(0.5) ? { method: 'random', seed: random.whole(0, 3) } : {}),
  };
}

/** What makes a sub-group complete, as `apply` stores it; null leaves that to min_members. */
export const planExpectation = (random: Random): JsonObject | null =>
  random.chance(0.7) ? null : (random.oneOf(EXPECTATIONS) ?? null);

const EXPECTATIONS: readonly JsonObject[] = [
  { count: 2 },
  { count: 3 },
  { slots: { dim: 'dataset', values: ['a', 'b'] }, minimum: 2 },
  { slots: { dim: 'line', values: ['CO43', 'CI10', 'NII'] }, minimum: 1 },
  { slots: { dim: 'band', values: [1, 2, true] }, minimum: 2 },
];

export const planMaxWait = (random: Random): number | null =>
  random.chance(0.6) ? null : random.pick([0, 600, 7200]);

export function planInputs(random: Random): JsonObject {
  return {
    ...(random.chance(0.15) ? { raw: true } : {}),
    ...(random.chance(0.2) ? { types: ['PLOT', 'SCIENCE'] } : {}),
    ...(random.chance(0.15) ? { pattern: 'science/**' } : {}),
  };
}

const RULES: readonly Json[] = [
  { dim: 'dataset', operator: 'eq', value: 'a' },
  { dim: 'source', operator: 'in', value: ['M17', 'Orion'] },
  { dim: 'line', operator: 'neq', value: 'CO43' },
  { table: 'RawDataPackage', column: 'state', operator: 'eq', value: 'ARCHIVED' },
  { table: 'RawDataFile', column: 'package_state', operator: 'is_null', value: true },
  { table: 'ExecutedObsUnit', column: 'status', operator: 'eq', value: 'SUCCEEDED' },
  { table: 'ExecutedObsUnit', column: 'finished_at', operator: 'is_null', value: true },
  { table: 'Source', column: 'metadata', json_path: 'quality', operator: 'gte', value: 3 },
  { table: 'ObsUnit', column: 'line', operator: 'eq', value: 'CO43' },
  { table: 'InstrumentModule', column: 'name', operator: 'eq', value: 'HFAV' },
  { table: 'DataItem', column: 'size_bytes', operator: 'gt', value: 100 },
  { table: 'DataItem', column: 'metadata', json_path: 'night', operator: 'lt', value: 3 },
];

export function planFilter(random: Random, isClockFixed: boolean): Json {
  const timed: Json = { table: 'DataItem', column: 'obs_time', operator: 'within_last', value: 'P2D' };
  const rule = (): Json => (isClockFixed && random.chance(0.3) ? timed : (random.oneOf(RULES) ?? {}));
  switch (random.weighted({ everything: 4, one: 3, any: 2, not: 2, all: 1 })) {
    case 'everything':
      return { all: [] };
    case 'one':
      return [rule()];
    case 'any':
      return { any: [rule(), rule()] };
    case 'not':
      return { not: rule() };
    case 'all':
      return { all: [rule(), { not: rule() }] };
  }
}
