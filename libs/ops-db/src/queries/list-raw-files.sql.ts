import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { StoredJson } from '../entities/index.js';

export interface ListedCopy {
  readonly location: string;
  readonly path: string;
  readonly status: string;
}

export interface ListedRawFile {
  readonly id: number;
  readonly externalId: string;
  readonly name: string;
  readonly dims: Dims;
  readonly contentHash: string;
  readonly sizeBytes: number;
  readonly obsTime: Date | null;
  readonly obsTimeEnd: Date | null;
  readonly raDeg: number | null;
  readonly decDeg: number | null;
  readonly metadata: StoredJson;
  readonly executedObsUnitId: string | null;
  readonly instrumentModule: string | null;
  readonly packageExternalId: string | null;
  readonly registeredAt: Date;
  readonly changedAt: Date;
  readonly copies: readonly ListedCopy[];
}

export interface RawFileFilter {
  readonly id: number | null;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly executedObsUnitId: string | null;
  readonly packageExternalId: string | null;
  /** Files whose dims contain all of these. */
  readonly dims: Dims | null;
}

/** Files that fit every part of the filter that is not null, by id, after the id `after`. */
export const listRawFiles = (
  manager: EntityManager,
  page: RawFileFilter & { readonly after: number; readonly limit: number },
): Promise<ListedRawFile[]> => {
  const dims = page.dims === null ? null : JSON.stringify(page.dims);
  return queryRows<ListedRawFile>(
    manager,
    sql`
    SELECT item.id, file.external_id AS "externalId", item.name, item.dims, item.content_hash AS "contentHash",
           item.size_bytes AS "sizeBytes", item.obs_time AS "obsTime", item.obs_time_end AS "obsTimeEnd",
           item.ra_deg AS "raDeg", item.dec_deg AS "decDeg", item.metadata, file.executed_obs_unit_id AS "executedObsUnitId",
           instrument.name || '/' || module.name AS "instrumentModule", package.external_id AS "packageExternalId",
           item.registered_at AS "registeredAt", item.changed_at AS "changedAt",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('location', location.name, 'path', copy.path, 'status', copy.status)
                                      ORDER BY copy.id), '[]')
            FROM physical_copy copy JOIN data_location location ON location.id = copy.data_location_id
            WHERE copy.item_id = item.id) AS copies
    FROM data_item item
    JOIN raw_data_file file ON file.item_id = item.id
    LEFT JOIN raw_data_package package ON package.item_id = file.raw_data_package_id
    LEFT JOIN instrument_module module ON module.id = file.instrument_module_id
    LEFT JOIN instrument ON instrument.id = module.instrument_id
    WHERE item.id > ${page.after}
      AND (${page.id}::bigint IS NULL OR item.id = ${page.id})
      AND (${page.externalId}::text IS NULL OR file.external_id = ${page.externalId})
      AND (${page.name}::text IS NULL OR item.name = ${page.name})
      AND (${page.executedObsUnitId}::uuid IS NULL OR file.executed_obs_unit_id = ${page.executedObsUnitId})
      AND (${page.packageExternalId}::text IS NULL OR package.external_id = ${page.packageExternalId})
      AND (${dims}::jsonb IS NULL OR item.dims @> ${dims}::jsonb)
    ORDER BY item.id
    LIMIT ${page.limit}
  `,
  );
};
