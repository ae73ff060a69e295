import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { PackageState, StoredJson } from '../entities/index.js';
import { queryRows } from '../sql.js';
import type { ListedCopy } from './list-raw-files.sql.js';

export interface ListedRawDataPackage {
  readonly id: number;
  readonly externalId: string;
  readonly name: string;
  readonly state: PackageState;
  readonly dims: Dims;
  readonly contentHash: string;
  readonly sizeBytes: number;
  readonly metadata: StoredJson;
  readonly executedObsUnitId: string;
  readonly instrumentModule: string;
  readonly fileCount: number;
  readonly registeredAt: Date;
  readonly copies: readonly ListedCopy[];
}

export interface RawDataPackagePage {
  readonly id: number | null;
  readonly externalId: string | null;
  readonly state: PackageState | null;
  readonly executedObsUnitId: string | null;
  readonly after: number;
  readonly limit: number;
}

/** Packages that fit every part of the filter that is not null, by id, after the id `after`. */
export const listRawDataPackages = (
  manager: EntityManager,
  page: RawDataPackagePage,
): Promise<ListedRawDataPackage[]> =>
  queryRows<ListedRawDataPackage>(
    manager,
    sql`
    SELECT item.id, package.external_id AS "externalId", item.name, package.state, item.dims,
           item.content_hash AS "contentHash", item.size_bytes AS "sizeBytes", item.metadata,
           package.executed_obs_unit_id AS "executedObsUnitId", instrument.name || '/' || module.name AS "instrumentModule",
           (SELECT count(*) FROM raw_data_file file WHERE file.raw_data_package_id = item.id) AS "fileCount",
           item.registered_at AS "registeredAt",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('location', location.name, 'path', copy.path, 'status', copy.status)
                                      ORDER BY copy.id), '[]')
            FROM physical_copy copy JOIN data_location location ON location.id = copy.data_location_id
            WHERE copy.item_id = item.id) AS copies
    FROM raw_data_package package
    JOIN data_item item ON item.id = package.item_id
    JOIN instrument_module module ON module.id = package.instrument_module_id
    JOIN instrument ON instrument.id = module.instrument_id
    WHERE item.id > ${page.after}
      AND (${page.id}::bigint IS NULL OR item.id = ${page.id})
      AND (${page.externalId}::text IS NULL OR package.external_id = ${page.externalId})
      AND (${page.state}::text IS NULL OR package.state = ${page.state})
      AND (${page.executedObsUnitId}::uuid IS NULL OR package.executed_obs_unit_id = ${page.executedObsUnitId})
    ORDER BY item.id
    LIMIT ${page.limit}
  `,
  );
