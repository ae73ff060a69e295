import { sql, type Dims, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { PackageState } from '../entities/index.js';
import { queryRow } from '../sql.js';

export interface NewRawDataPackage {
  readonly externalId: string;
  readonly name: string;
  readonly dims: Dims;
  readonly contentHash: string;
  readonly sizeBytes: number;
  readonly metadata: JsonObject;
  readonly executedObsUnitId: string;
  readonly moduleId: number;
  readonly state: PackageState;
}

/** Registers a package, with the times of its executed obs unit, and gives its item's id. */
export async function insertRawDataPackage(
  manager: EntityManager,
  added: NewRawDataPackage,
): Promise<number> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH item AS (
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes, metadata, obs_time, obs_time_end)
      SELECT 'RAW_DATA_PACKAGE', ${added.name}, ${JSON.stringify(added.dims)}::jsonb, ${added.contentHash}, ${added.sizeBytes},
             ${JSON.stringify(added.metadata)}::jsonb, started_at, finished_at
      FROM executed_obs_unit WHERE id = ${added.executedObsUnitId}
      RETURNING id
    )
    INSERT INTO raw_data_package (item_id, external_id, executed_obs_unit_id, instrument_module_id, state)
    SELECT id, ${added.externalId}, ${added.executedObsUnitId}, ${added.moduleId}, ${added.state} FROM item
    RETURNING item_id AS id
  `,
  );
  if (row === undefined) throw new Error('the executed obs unit was looked up before');
  return row.id;
}
