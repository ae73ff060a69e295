import { sql, type Dims, type JsonObject, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** One raw data file as it is written: every name resolved, its dims complete. */
export interface RawFileRecord {
  readonly externalId: string;
  readonly name: string;
  readonly dims: Dims;
  readonly contentHash: string;
  readonly sizeBytes: number;
  readonly obsTime: string | null;
  readonly obsTimeEnd: string | null;
  readonly raDeg: number | null;
  readonly decDeg: number | null;
  readonly metadata: JsonObject | null;
  readonly packageId: number | null;
  readonly executedObsUnitId: string | null;
  readonly moduleId: number | null;
  readonly locationId: number;
  readonly path: string;
}

/**
 * The records as a table `incoming`.
 *
 * One array per column: 10,000 rows are 15 bound values, parsed by PostgreSQL several times faster than as JSON.
 * In the order of external ids, so that two requests with common rows lock them in the same order.
 */
const incoming = (records: readonly RawFileRecord[]): SqlFragment => {
  const column = (of: (record: RawFileRecord) => unknown): unknown[] => records.map(of);
  return sql`
    SELECT * FROM unnest(
      ${column((r) => r.externalId)}::text[], ${column((r) => r.name)}::text[], ${column((r) => JSON.stringify(r.dims))}::jsonb[],
      ${column((r) => r.contentHash)}::text[], ${column((r) => r.sizeBytes)}::bigint[],
      ${column((r) => r.obsTime)}::timestamptz[], ${column((r) => r.obsTimeEnd)}::timestamptz[],
      ${column((r) => r.raDeg)}::double precision[], ${column((r) => r.decDeg)}::double precision[],
      ${column((r) => (r.metadata === null ? null : JSON.stringify(r.metadata)))}::jsonb[],
      ${column((r) => r.packageId)}::bigint[], ${column((r) => r.executedObsUnitId)}::uuid[], ${column((r) => r.moduleId)}::bigint[],
      ${column((r) => r.locationId)}::bigint[], ${column((r) => r.path)}::text[]
    ) AS incoming (external_id, name, dims, content_hash, size_bytes, obs_time, obs_time_end, ra_deg, dec_deg, metadata,
                   package_id, executed_obs_unit_id, module_id, location_id, path)
    ORDER BY external_id COLLATE "C"`;
};

/**
 * Registers new raw data files with their first copies, in one statement, and gives the id of each.
 *
 * Fails with `raw_data_file_external_id_is_unique` or `one_item_per_path` when somebody else registered one of them
 * meanwhile: look again, and this one is known. Call it with at least one record: the statement wakes the
 * trigger-manager even for none.
 */
export const insertRawFiles = (
  manager: EntityManager,
  records: readonly RawFileRecord[],
): Promise<{ externalId: string; id: number }[]> =>
  queryRows(
    manager,
    sql`
    WITH incoming AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('data_item', 'id')) AS id, listed.* FROM (${incoming(records)}) AS listed
    ), items AS (
      -- With what raw_data_file and its relations say of them, so that the trigger that keeps it up to date finds nothing to do.
      INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes, obs_time, obs_time_end, ra_deg, dec_deg, metadata,
        raw_data_package_id, package_state, executed_obs_unit_id, observation_status, observation_finished_at, instrument_module_id)
      OVERRIDING SYSTEM VALUE
      SELECT incoming.id, 'RAW_DATA_FILE', name, dims, content_hash, size_bytes, obs_time, obs_time_end, ra_deg, dec_deg,
             coalesce(incoming.metadata, '{}'), package_id, holder.state, unit.id, unit.status, unit.finished_at,
             coalesce(module_id, holder.instrument_module_id)
      FROM incoming
      LEFT JOIN raw_data_package holder ON holder.item_id = package_id
      LEFT JOIN executed_obs_unit unit ON unit.id = coalesce(incoming.executed_obs_unit_id, holder.executed_obs_unit_id)
    ), files AS (
      INSERT INTO raw_data_file (item_id, external_id, raw_data_package_id, executed_obs_unit_id, instrument_module_id)
      SELECT id, external_id, package_id, executed_obs_unit_id, module_id FROM incoming
    ), copies AS (
      INSERT INTO physical_copy (item_id, data_location_id, path) SELECT id, location_id, path FROM incoming
    )
    SELECT external_id AS "externalId", id FROM incoming
  `,
  );

/**
 * Gives known files their new content; what a record leaves out (null, a dimension) stays as it was.
 *
 * Every other copy of such a file held the old bytes and becomes CORRUPT. Call it with at least one record.
 */
export async function replaceRawFileContents(
  manager: EntityManager,
  records: readonly RawFileRecord[],
): Promise<void> {
  await queryRows(
    manager,
    sql`
    WITH incoming AS MATERIALIZED (${incoming(records)}), files AS (
      UPDATE raw_data_file file
      SET raw_data_package_id = coalesce(incoming.package_id, file.raw_data_package_id),
          executed_obs_unit_id = coalesce(incoming.executed_obs_unit_id, file.executed_obs_unit_id),
          instrument_module_id = coalesce(incoming.module_id, file.instrument_module_id)
      FROM incoming
      WHERE file.external_id = incoming.external_id
      RETURNING file.item_id, incoming.*
    ), copies AS (
      UPDATE physical_copy copy
      SET status = 'CORRUPT'
      FROM files
      WHERE copy.item_id = files.item_id AND copy.status IN ('PRESENT', 'STAGED')
        AND (copy.data_location_id, copy.path) <> (files.location_id, files.path)
    )
    UPDATE data_item item
    SET name = files.name, dims = item.dims || files.dims, content_hash = files.content_hash, size_bytes = files.size_bytes,
        obs_time = coalesce(files.obs_time, item.obs_time), obs_time_end = coalesce(files.obs_time_end, item.obs_time_end),
        ra_deg = coalesce(files.ra_deg, item.ra_deg), dec_deg = coalesce(files.dec_deg, item.dec_deg),
        metadata = coalesce(files.metadata, item.metadata), retired_at = NULL, changed_at = now()
    FROM files
    WHERE item.id = files.item_id
  `,
  );
}

/**
 * Makes known files, whose content did not change, members of the packages that their records name, with the records'
 * dims. Call it with at least one record.
 */
export async function attachRawFiles(
  manager: EntityManager,
  records: readonly RawFileRecord[],
): Promise<void> {
  await queryRows(
    manager,
    sql`
    WITH incoming AS MATERIALIZED (${incoming(records)}), files AS (
      UPDATE raw_data_file file
      SET raw_data_package_id = incoming.package_id, executed_obs_unit_id = incoming.executed_obs_unit_id,
          instrument_module_id = incoming.module_id
      FROM incoming
      WHERE file.external_id = incoming.external_id
      RETURNING file.item_id, incoming.dims
    )
    UPDATE data_item item
    SET dims = item.dims || files.dims, changed_at = now()
    FROM files
    WHERE item.id = files.item_id
  `,
  );
}
