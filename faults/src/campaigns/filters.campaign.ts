import { opsDataSource } from '@meridian/ops-db';
import {
  compareFilters,
  HARD_FEATURES,
  hardFeaturesOf,
  insertHostileItems,
  randomFilter,
  randomRule,
  type HardFeature,
} from '@meridian/ops-db/testing/filters';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { Random } from '@meridian/core/testing';
import { startDatabaseServer } from '../fake/database-server.js';
import type { CampaignOptions, CampaignResult } from './campaign.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const ITEMS = 300;
const FILTERS_PER_BATCH = 2_000;

/** The same rows in SQL and in memory, for filters over items that are as awkward as the schema permits. */
export async function compareManyFilters(options: CampaignOptions): Promise<CampaignResult> {
  const server = await startDatabaseServer();
  try {
    const url = await server.createDatabase('filters');
    const dataSource = await opsDataSource({ url, applicationName: 'campaign', poolSize: 1 }).initialize();
    try {
      return await compareIn(dataSource, options);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await server.stop();
  }
}

async function compareIn(
  { manager }: DataSource,
  { count, seed, batch, onProgress }: CampaignOptions,
): Promise<CampaignResult> {
  const rows = await insertHostileItems(manager, { count: ITEMS, seed });
  const features: Partial<Record<HardFeature, number>> = {};
  const differences: { batch: number; text: string }[] = [];
  let [cases, selective] = [0, 0];
  const last = batch ?? Math.ceil(count / FILTERS_PER_BATCH);
  for (let number = batch ?? 1; number <= last; number += 1) {
    const sources = filtersOf(seed, number).slice(0, batch === null ? count - cases : FILTERS_PER_BATCH);
    const compared = await compareFilters(manager, rows, { sources, now: NOW });
    for (const difference of compared.differences)
      differences.push({ batch: number, text: JSON.stringify(difference) });
    for (const feature of sources.flatMap((source) => [...hardFeaturesOf(source)]))
      features[feature] = (features[feature] ?? 0) + 1;
    selective += compared.selective;
    cases += sources.length;
    onProgress(cases);
  }
  const of: Record<string, number> = { 'select some items and not all': selective };
  for (const feature of Object.keys(HARD_FEATURES) as HardFeature[])
    of[`with ${HARD_FEATURES[feature]}`] = features[feature] ?? 0;
  return { cases, of, differences };
}

/** Single rules and trees of them in turn. */
function filtersOf(seed: number, batch: number) {
  const random = Random.of(seed, batch);
  const half = FILTERS_PER_BATCH / 2;
  const rules = fc.sample(randomRule, { numRuns: half, seed: random.whole(0, 2 ** 31 - 1) });
  const trees = fc.sample(randomFilter, { numRuns: half, seed: random.whole(0, 2 ** 31 - 1) });
  return rules.flatMap((rule, index) => [rule, trees[index] ?? []]);
}
