import { sql, type Dims, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { insertedId, nextNumber, sha256 } from './builders.js';

export interface ItemOptions {
  readonly kind?: 'RAW_DATA_FILE' | 'RAW_DATA_PACKAGE' | 'DATA_PRODUCT';
  readonly name?: string;
  readonly dims?: Dims;
  readonly metadata?: JsonObject;
  readonly contentHash?: string;
  readonly sizeBytes?: number;
  readonly obsTime?: Date;
  readonly registeredAt?: Date;
}

/** A data item alone, without the row of its kind. */
export function anItem(db: EntityManager, options: ItemOptions = {}): Promise<number> {
  const n = nextNumber();
  return insertedId(
    db,
    sql`INSERT INTO data_item (kind, name, dims, metadata, content_hash, size_bytes, obs_time, registered_at)
        VALUES (${options.kind ?? 'RAW_DATA_FILE'}, ${options.name ?? `file-${n}.fits`}, ${JSON.stringify(options.dims ?? {})},
                ${JSON.stringify(options.metadata ?? {})}, ${options.contentHash ?? sha256(`content ${n}`)},
                ${options.sizeBytes ?? 100}, ${options.obsTime ?? null}, ${options.registeredAt ?? new Date()}) RETURNING id`,
  );
}

export interface RawFileOptions extends ItemOptions {
  readonly externalId?: string;
  /** Where its first copy is; no copy without it. */
  readonly copy?: CopyOptions;
}

/** A raw data file; its item id. */
export async function aRawFile(db: EntityManager, options: RawFileOptions = {}): Promise<number> {
  const id = await anItem(db, { ...options, kind: 'RAW_DATA_FILE' });
  await insertedId(
    db,
    sql`INSERT INTO raw_data_file (item_id, external_id) VALUES (${id}, ${options.externalId ?? `raw-${id}`}) RETURNING item_id AS id`,
  );
  if (options.copy !== undefined) await aCopy(db, id, options.copy);
  return id;
}

export interface CopyOptions {
  readonly locationId: number;
  readonly path: string;
  readonly status?: 'PRESENT' | 'STAGED' | 'DELETED' | 'MISSING' | 'CORRUPT';
}

/** One copy of an item; `path` is relative to the location's base path. */
export const aCopy = (db: EntityManager, itemId: number, options: CopyOptions): Promise<number> =>
  insertedId(
    db,
    sql`INSERT INTO physical_copy (item_id, data_location_id, path, status)
        VALUES (${itemId}, ${options.locationId}, ${options.path}, ${options.status ?? 'PRESENT'}) RETURNING id`,
  );
