import { rawSql, sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface ProcessingLocation {
  readonly id: number;
  readonly name: string;
  readonly basePath: string;
  readonly backend: 'local' | 'fake' | 'slurm-rest' | 'slurm-ssh';
  readonly backendConfig: JsonObject;
  readonly runtime: 'host' | 'apptainer' | 'singularity';
  /** What the last look at it found; null when nobody has looked since it was made or changed. */
  readonly isHealthy: boolean | null;
}

/** Of a row of data_location: what the last look found, unless its settings changed since. */
export const IS_HEALTHY = rawSql(
  `CASE WHEN health_checked_at > updated_at THEN (health ->> 'ok')::boolean END`,
);

/** Every place where jobs can run, paused ones included: what already runs there is still observed and cancelled. */
export const listProcessingLocations = (manager: EntityManager): Promise<ProcessingLocation[]> =>
  queryRows(
    manager,
    sql`
    SELECT id, name, base_path AS "basePath", backend, backend_config AS "backendConfig", runtime,
           ${IS_HEALTHY} AS "isHealthy"
    FROM data_location
    WHERE kind = 'PROCESSING'
    ORDER BY id
  `,
  );
