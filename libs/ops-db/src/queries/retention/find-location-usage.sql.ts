import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { usageOf } from './location-usage.js';

export interface LocationUsage {
  readonly id: number;
  readonly name: string;
  readonly basePath: string;
  readonly backend: string | null;
  readonly backendConfig: JsonObject;
  readonly files: number;
  readonly bytes: number;
  readonly capacityBytes: number | null;
  readonly highWaterBytes: number | null;
  readonly lowWaterBytes: number | null;
  readonly purgePausedAt: Date | null;
  readonly purgePausedBy: string | null;
  readonly purgePauseReason: string | null;
}

/** What the records say lies at the location of this name, and its marks. */
export const findLocationUsage = (manager: EntityManager, name: string): Promise<LocationUsage | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT location.id, name, base_path AS "basePath", backend, backend_config AS "backendConfig", usage.files, usage.bytes,
      capacity_bytes AS "capacityBytes", high_water_bytes AS "highWaterBytes", low_water_bytes AS "lowWaterBytes",
      purge_paused_at AS "purgePausedAt", purge_paused_by AS "purgePausedBy", purge_pause_reason AS "purgePauseReason"
    FROM data_location location CROSS JOIN LATERAL (${usageOf('location.id')}) usage
    WHERE name = ${name}`,
  );
