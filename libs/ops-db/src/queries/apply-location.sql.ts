import { sql, type LocationDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Creates the location of that name or gives it these settings; a pause of it stays. */
export async function applyLocation(manager: EntityManager, location: LocationDefinition): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO data_location
      (name, kind, base_path, backend, backend_config, runtime, staging, max_active_runs, max_jobs_in_queue,
       capacity_bytes, high_water_bytes, low_water_bytes)
    VALUES (${location.name}, ${location.kind}, ${location.base_path}, ${location.backend},
      ${JSON.stringify(location.backend_config)}::jsonb, ${location.runtime}, ${location.staging},
      ${location.max_active_runs}, ${location.max_jobs_in_queue}, ${location.capacity}, ${location.high_water}, ${location.low_water})
    ON CONFLICT (name) DO UPDATE SET
      kind = excluded.kind, base_path = excluded.base_path, backend = excluded.backend,
      backend_config = excluded.backend_config, runtime = excluded.runtime, staging = excluded.staging,
      max_active_runs = excluded.max_active_runs, max_jobs_in_queue = excluded.max_jobs_in_queue,
      capacity_bytes = excluded.capacity_bytes, high_water_bytes = excluded.high_water_bytes, low_water_bytes = excluded.low_water_bytes,
      updated_at = now()
  `,
  );
}
