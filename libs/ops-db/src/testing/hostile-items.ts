import { sql, type ItemRow, type Json, type JsonObject, type TableRow } from '@meridian/core';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { DIMENSION_NAMES, position, scalar, text, time, TEXTS, TIMES } from './hostile-values.js';
import { insertObservatory, type Observatory } from './hostile-observatory.js';

const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Json>([], [5, 'abc'], ['NGC253'], {}, { y: 5 }, { y: { z: 'abc' } }),
  },
);
const dims = fc.dictionary(fc.constantFrom(...DIMENSION_NAMES), json, { maxKeys: 5, noNullPrototype: true });
const metadata = fc.record(
  {
    x: json,
    list: fc.array(fc.oneof(json, fc.record({ y: json })), { maxLength: 2 }),
    'DATE-OBS': fc.oneof(text, time),
    0: json,
    constructor: json,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const item = fc.record({
  kind: fc.constantFrom('RAW_DATA_FILE', 'RAW_DATA_FILE', 'RAW_DATA_PACKAGE', 'DATA_PRODUCT'),
  name: text.map((value) => value || 'empty'),
  size: fc.constantFrom(0, 5, 1024, 2 ** 40),
  times: fc.option(
    fc
      .tuple(time, fc.option(time))
      .map(([start, end]) => [start, end !== null && end >= start ? end : null] as const),
  ),
  position: fc.option(position),
  dims,
  metadata,
  executed: fc.option(fc.nat({ max: 19 })),
  module: fc.option(fc.nat({ max: 4 })),
  isPacked: fc.boolean(),
  state: fc.constantFrom('WAITING', 'TRANSFERRING', 'ARCHIVED', 'FAILED'),
  metrics: fc.dictionary(fc.constantFrom('x', 'y'), scalar, { noNullPrototype: true }),
});
type Item = typeof item extends fc.Arbitrary<infer Value> ? Value : never;

/** What one raw item belongs to. */
interface Links {
  readonly executed: number | null;
  readonly module: number | null;
}

/** One for each of 20 executed obs units and 5 modules. */
const MOST_PACKAGES = 100;

/**
 * Inserts `count` items that are as awkward as the schema permits, with all that they belong to, and returns each as the
 * row that `matchesFilter` and `groupKeyOf` read. The same seed gives the same items.
 */
export async function insertHostileItems(
  manager: EntityManager,
  { count, seed }: { count: number; seed: number },
): Promise<ItemRow[]> {
  // Products here have no run: foreign keys and evaluation triggers are off for this transaction.
  return manager.transaction(async (inside) => {
    await queryRows(inside, sql`SET LOCAL session_replication_role = replica`);
    const observatory = await insertObservatory(inside);
    const rows: ItemRow[] = [];
    const packages: (Links & { id: number; externalId: string; state: string })[] = [];
    for (const [index, sampled] of fc.sample(item, { numRuns: count, seed }).entries()) {
      // The first is the archived CHAI package of NGC253 in CO(4-3) of CCAT's worked example.
      const one: Item =
        index === 0
          ? { ...sampled, kind: 'RAW_DATA_PACKAGE', state: 'ARCHIVED' }
          : sampled.kind === 'RAW_DATA_PACKAGE' && packages.length === MOST_PACKAGES
            ? { ...sampled, kind: 'RAW_DATA_FILE' }
            : sampled;
      const base = await insertItem(inside, one, index);
      const externalId = `${TEXTS[index % TEXTS.length] ?? ''}#${index}`;
      if (one.kind === 'RAW_DATA_PACKAGE') {
        const links = { executed: packages.length % 20, module: Math.floor(packages.length / 20) };
        await queryRows(
          inside,
          sql`INSERT INTO raw_data_package (item_id, external_id, executed_obs_unit_id, instrument_module_id, state)
          VALUES (${base.id}, ${externalId}, ${observatory.executed[links.executed]?.['id']}, ${links.module + 1}, ${one.state})`,
        );
        packages.push({ id: base.id, externalId, state: one.state, ...links });
        const own = { ...ownColumns(base), external_id: externalId, state: one.state };
        rows.push({ ...base, tables: { RawDataPackage: own, ...observatory.tablesFor(links) } });
      } else if (one.kind === 'RAW_DATA_FILE') {
        const holder = one.isPacked ? packages[index % Math.max(packages.length, 1)] : undefined;
        await queryRows(
          inside,
          sql`INSERT INTO raw_data_file (item_id, external_id, raw_data_package_id, executed_obs_unit_id, instrument_module_id) VALUES (
          ${base.id}, ${externalId}, ${holder?.id ?? null}, ${executedId(observatory, one.executed)}, ${one.module === null ? null : one.module + 1})`,
        );
        const own = {
          ...ownColumns(base),
          external_id: externalId,
          package_external_id: holder?.externalId ?? null,
          package_state: holder?.state ?? null,
        };
        const links = {
          executed: one.executed ?? holder?.executed ?? null,
          module: one.module ?? holder?.module ?? null,
        };
        rows.push({ ...base, tables: { RawDataFile: own, ...observatory.tablesFor(links) } });
      } else {
        rows.push({ ...base, tables: { DataProduct: await insertProduct(inside, base, one) } });
      }
    }
    await queryRows(inside, sql`SELECT keep_item_facts(ARRAY(SELECT id FROM data_item))`);
    return rows;
  });
}

const executedId = (observatory: Observatory, index: number | null): Json =>
  index === null ? null : (observatory.executed[index]?.['id'] ?? null);

const ownColumns = ({ name, size_bytes, metadata: own }: ItemRow): TableRow => ({
  name,
  size_bytes,
  metadata: own,
});

async function insertItem(manager: EntityManager, one: Item, index: number): Promise<ItemRow> {
  const values = {
    kind: one.kind,
    name: one.name,
    content_hash: index.toString(16).padStart(64, '0'),
    size_bytes: one.size,
    obs_time: one.times?.[0] ?? null,
    obs_time_end: one.times?.[1] ?? null,
    ra_deg: one.position?.[0] ?? null,
    dec_deg: one.position?.[1] ?? null,
    registered_at: TIMES[index % TIMES.length] ?? '',
    dims: one.dims as ItemRow['dims'],
    metadata: one.metadata as JsonObject,
  };
  const [row] = await queryRows<{ id: number }>(
    manager,
    sql`
    INSERT INTO data_item (kind, name, content_hash, size_bytes, obs_time, obs_time_end, ra_deg, dec_deg, registered_at, dims, metadata)
    VALUES (${values.kind}, ${values.name}, ${values.content_hash}, ${values.size_bytes}, ${values.obs_time}, ${values.obs_time_end}, ${values.ra_deg},
      ${values.dec_deg}, ${values.registered_at}, ${JSON.stringify(values.dims)}, ${JSON.stringify(values.metadata)}) RETURNING id`,
  );
  return { id: row?.id ?? 0, ...values, tables: {} };
}

async function insertProduct(manager: EntityManager, base: ItemRow, one: Item): Promise<TableRow> {
  const product = {
    run_id: base.id % 7,
    type: (['SCIENCE', 'QA_METRIC', 'PLOT', 'LOG'] as const)[base.id % 4] ?? 'OTHER',
    path: `${one.name}/${base.id}`,
    description: one.name,
    metrics: one.metrics,
    superseded_at: base.id % 3 === 0 ? (TIMES[base.id % TIMES.length] ?? null) : null,
  };
  await queryRows(
    manager,
    sql`
    INSERT INTO data_product (item_id, run_id, attempt, type, path, description, metrics, superseded_at, superseded_by_run_id)
    VALUES (${base.id}, ${product.run_id}, 1, ${product.type}, ${product.path}, ${product.description}, ${JSON.stringify(product.metrics)},
      ${product.superseded_at}, ${product.superseded_at === null ? null : 1})`,
  );
  return { ...product, name: base.name, metadata: base.metadata };
}
