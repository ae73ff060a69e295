import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { usageOf } from './location-usage.js';

/**
 * Opens a purge for each location that is at its high-water mark and has none; returns how many. One that ended less than `againSeconds` ago
 * without getting down to its level found nothing more that may go, and would find nothing now. Two that do it at once open one.
 */
export const openDuePurges = async (manager: EntityManager, againSeconds: number): Promise<number> => {
  const rows = await queryRows(
    manager,
    sql`
    INSERT INTO purge (data_location_id, cause, down_to_bytes)
    SELECT location.id, 'high_water', location.low_water_bytes
    FROM data_location location CROSS JOIN LATERAL (${usageOf('location.id')}) usage
    WHERE location.high_water_bytes <= usage.bytes AND location.purge_paused_at IS NULL
      AND NOT EXISTS (SELECT FROM purge WHERE purge.data_location_id = location.id
        AND (finished_at IS NULL OR problem IS NOT NULL AND finished_at > now() - make_interval(secs => ${againSeconds}::double precision)))
    ORDER BY location.id
    ON CONFLICT (data_location_id) WHERE finished_at IS NULL DO NOTHING
    RETURNING id`,
  );
  return rows.length;
};
