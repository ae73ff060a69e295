import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { IS_HEALTHY } from '../list-processing-locations.sql.js';
import { usageOf } from '../retention/location-usage.js';

export interface LocationSigns {
  readonly location: string;
  readonly files: number;
  readonly bytes: number;
  readonly capacityBytes: number | null;
  readonly highWaterBytes: number | null;
  /** What the last look found; null where nobody looks, or has looked yet. */
  readonly isHealthy: boolean | null;
  readonly isPaused: boolean;
}

/** How every location is: what the records say lies there, and whether it takes work. */
export const listLocationSigns = (manager: EntityManager): Promise<LocationSigns[]> =>
  queryRows(
    manager,
    sql`
    SELECT location.name AS location, usage.files, usage.bytes, capacity_bytes AS "capacityBytes", high_water_bytes AS "highWaterBytes",
      ${IS_HEALTHY} AS "isHealthy", paused_at IS NOT NULL AS "isPaused"
    FROM data_location location CROSS JOIN LATERAL (${usageOf('location.id')}) usage
    ORDER BY location.name`,
  );
