import { createHash } from 'node:crypto';
import { sql, type Dims } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  attachRawFiles,
  insertRawDataPackage,
  insertRawFiles,
  movePackage,
  queryRow,
  queryRows,
  replacePackageContent,
  replaceRawFileContents,
  type RawFileRecord,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { idsOf, SOURCES, type World } from './world.js';

/** In the writer's transaction; what was done, or null when there was nothing to do it to. */
export type Change = (db: EntityManager, random: Random, world: World) => Promise<string | null>;

const PACKAGE_STATES = ['WAITING', 'TRANSFERRING', 'ARCHIVED', 'FAILED'] as const;

export const contentHash = (random: Random): string =>
  createHash('sha256').update(String(random.next())).digest('hex');

const anyDims = (random: Random): Dims => ({
  ...(random.chance(0.9) ? { source: random.pick([...SOURCES, 'Moon']) } : {}),
  ...(random.chance(0.8) ? { line: random.pick(['CO43', 'CI10']) } : {}),
  ...(random.chance(0.7) ? { dataset: random.pick(['a', 'b']) } : {}),
  ...(random.chance(0.3) ? { band: random.pick([1, 2, null, true]) } : {}),
});

const hoursAfter = (hours: number): string =>
  new Date(Date.parse('2026-02-27T00:00:00Z') + hours * 3_600_000).toISOString();

const packages = (db: EntityManager): Promise<number[]> =>
  idsOf(db, sql`SELECT item_id AS id FROM raw_data_package ORDER BY 1`);

/** The next number of its kind that this transaction can see: two writers may well pick the same. */
async function nextName(db: EntityManager, table: 'file' | 'package'): Promise<string> {
  const row = await queryRow<{ name: string }>(
    db,
    sql`SELECT ${table}::text || '-' || nextval('histories.names') AS name`,
  );
  return row?.name ?? '';
}

async function aRecord(
  db: EntityManager,
  random: Random,
  world: World,
  name: string,
): Promise<RawFileRecord> {
  // Half of them near each other, so that there are neighbours in time; some at the same moment.
  const hours = (random.chance(0.5) ? 36 : random.whole(0, 72)) + random.pick([0, 0, 0.25, 0.5, 1]);
  const hasTime = random.chance(0.9);
  const packageId = random.chance(0.2) ? (random.oneOf(await packages(db)) ?? null) : null;
  const isObserved = packageId === null && random.chance(0.6);
  return {
    externalId: name,
    name,
    dims: { ...anyDims(random), raw_data_file: name },
    contentHash: contentHash(random),
    sizeBytes: random.whole(50, 200),
    obsTime: hasTime ? hoursAfter(hours) : null,
    // With every time an end: a record without one keeps the end that the file has, which may be before it.
    obsTimeEnd: hasTime ? hoursAfter(hours + random.whole(0, 1)) : null,
    raDeg: random.chance(0.8) ? random.whole(0, 359) : null,
    decDeg: random.whole(-80, 80),
    metadata: random.chance(0.8) ? { night: random.whole(1, 4) } : {},
    packageId,
    executedObsUnitId: isObserved ? (random.oneOf(world.executedObsUnitIds) ?? null) : null,
    moduleId: isObserved ? (random.oneOf(world.moduleIds) ?? null) : null,
    locationId: world.locationId,
    path: name,
  };
}

const registerFiles: Change = async (db, random, world) => {
  const records: RawFileRecord[] = [];
  for (let left = random.whole(1, 3); left > 0; left -= 1)
    records.push(await aRecord(db, random, world, await nextName(db, 'file')));
  const known = await insertRawFiles(db, records);
  return known.map(({ id }, index) => `${id} ${JSON.stringify(records[index]?.dims)}`).join(', ');
};

/** Some known raw file's external id. */
async function aKnownFile(db: EntityManager, random: Random): Promise<string | undefined> {
  return random.oneOf(
    await idsOf<string>(db, sql`SELECT external_id AS id FROM raw_data_file ORDER BY item_id`),
  );
}

const registerAgain: Change = async (db, random, world) => {
  const name = await aKnownFile(db, random);
  if (name === undefined) return null;
  const record = await aRecord(db, random, world, name);
  await replaceRawFileContents(db, [record]);
  return `${name} ${JSON.stringify(record.dims)} package ${record.packageId}`;
};

const attachFile: Change = async (db, random, world) => {
  const name = await aKnownFile(db, random);
  const packageId = random.oneOf(await packages(db));
  if (name === undefined || packageId === undefined) return null;
  const record = await aRecord(db, random, world, name);
  await attachRawFiles(db, [{ ...record, packageId, dims: { dataset: 'a' } }]);
  return `${name} to ${packageId}`;
};

const registerPackage: Change = async (db, random, world) => {
  const executedObsUnitId = random.oneOf(world.executedObsUnitIds) ?? '';
  const moduleId = random.oneOf(world.moduleIds) ?? 0;
  const taken = await queryRow(
    db,
    sql`SELECT 1 FROM raw_data_package WHERE executed_obs_unit_id = ${executedObsUnitId} AND instrument_module_id = ${moduleId}`,
  );
  if (taken !== undefined) return null;
  const name = await nextName(db, 'package');
  const state = random.pick(PACKAGE_STATES);
  const dims = { ...anyDims(random), raw_data_package: name };
  const sizeBytes = random.whole(50, 300);
  const id = await insertRawDataPackage(db, {
    externalId: name,
    name,
    dims,
    contentHash: contentHash(random),
    sizeBytes,
    metadata: { night: random.whole(1, 4) },
    executedObsUnitId,
    moduleId,
    state,
  });
  return `${id} ${state} ${JSON.stringify(dims)}`;
};

const changePackageState: Change = async (db, random) => {
  const id = random.oneOf(await packages(db));
  if (id === undefined) return null;
  const row = await queryRow<{ state: (typeof PACKAGE_STATES)[number] }>(
    db,
    sql`SELECT state FROM raw_data_package WHERE item_id = ${id}`,
  );
  const to = random.chance(0.5) ? 'ARCHIVED' : random.pick(PACKAGE_STATES);
  await movePackage(db, { id, from: row?.state ?? 'WAITING', to });
  return `${id} to ${to}`;
};

const changePackageContent: Change = async (db, random) => {
  const id = random.oneOf(await packages(db));
  if (id === undefined) return null;
  await replacePackageContent(db, { id, contentHash: contentHash(random), sizeBytes: random.whole(50, 300) });
  return String(id);
};

const finishObservation: Change = async (db, random, world) => {
  const id = random.oneOf(world.executedObsUnitIds) ?? '';
  const status = random.pick(['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'RUNNING']);
  await queryRows(
    db,
    sql`UPDATE executed_obs_unit SET status = ${status}, finished_at = CASE WHEN ${status} <> 'RUNNING' THEN now() END WHERE id = ${id}`,
  );
  return `${id.slice(-1)} ${status}`;
};

const items = (db: EntityManager): Promise<number[]> =>
  idsOf(db, sql`SELECT id FROM data_item WHERE kind <> 'DATA_PRODUCT' ORDER BY id`);

const changeDims: Change = async (db, random) => {
  const id = random.oneOf(await items(db));
  if (id === undefined) return null;
  const dims = anyDims(random);
  // A dimension that is not said again is gone.
  await queryRows(
    db,
    sql`UPDATE data_item SET dims = ${JSON.stringify(dims)}::jsonb || CASE WHEN ${random.chance(0.8)} THEN jsonb_build_object('raw_data_file', name) ELSE '{}' END,
          changed_at = now() WHERE id = ${id}`,
  );
  return `${id} ${JSON.stringify(dims)}`;
};

const retireOrRevive: Change = async (db, random) => {
  const id = random.oneOf(await items(db));
  if (id === undefined) return null;
  await queryRows(
    db,
    sql`UPDATE data_item SET retired_at = CASE WHEN retired_at IS NULL THEN now() END, changed_at = now() WHERE id = ${id}`,
  );
  return String(id);
};

const deleteItem: Change = async (db, random) => {
  const id = random.oneOf(
    await idsOf(
      db,
      sql`SELECT id FROM data_item WHERE kind <> 'DATA_PRODUCT' AND NOT EXISTS (SELECT FROM input_set_member used WHERE used.item_id = data_item.id)
            AND NOT EXISTS (SELECT FROM raw_data_file packed WHERE packed.raw_data_package_id = data_item.id) ORDER BY id`,
    ),
  );
  if (id === undefined) return null;
  await queryRows(db, sql`DELETE FROM data_item WHERE id = ${id}`);
  return String(id);
};

const editSource: Change = async (db, random) => {
  const name = random.pick(SOURCES);
  const quality = random.whole(1, 5);
  await queryRows(
    db,
    sql`UPDATE source SET metadata = ${JSON.stringify({ quality })}::jsonb WHERE name = ${name}`,
  );
  return `${name} quality ${quality}`;
};

const editObsUnit: Change = async (db, random) => {
  const name = random.pick(SOURCES);
  const line = random.pick(['CO43', 'CI10']);
  await queryRows(db, sql`UPDATE obs_unit SET line = ${line} WHERE name = ${name}`);
  return `${name} line ${line}`;
};

/** What changes in the archive, by the statements that the API uses wherever it has them. */
export const DATA_CHANGES = {
  'register files': registerFiles,
  'register again': registerAgain,
  'attach file': attachFile,
  'register package': registerPackage,
  'move package': changePackageState,
  'replace package content': changePackageContent,
  'finish observation': finishObservation,
  'change dims': changeDims,
  'retire or revive item': retireOrRevive,
  'delete item': deleteItem,
  'edit source': editSource,
  'edit observation unit': editObsUnit,
} as const satisfies Record<string, Change>;
