import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface AuditRequest {
  readonly locationId: number;
  /** Whether bytes are read and compared, too. */
  readonly checksums: boolean;
  /** Only copies that were registered since then; null for all. */
  readonly since: Date | null;
  readonly actor: string;
}

/** Asks for an audit; undefined while one of the same location is not over. Wakes whoever carries it out. */
export const requestAudit = (
  manager: EntityManager,
  { locationId, checksums, since, actor }: AuditRequest,
): Promise<{ readonly id: number } | undefined> =>
  queryRow(
    manager,
    sql`
    WITH asked AS (
      INSERT INTO location_audit (data_location_id, checksums, since, requested_by) VALUES (${locationId}, ${checksums}, ${since}, ${actor})
      ON CONFLICT (data_location_id) WHERE finished_at IS NULL DO NOTHING
      RETURNING id
    )
    SELECT id, pg_notify('meridian_work', 'results') FROM asked`,
  );
