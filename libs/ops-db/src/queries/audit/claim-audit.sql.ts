import { sql, type AuditState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

/** An audit that is to go on after `cursor`. */
export interface ClaimedAudit {
  readonly id: number;
  readonly state: Exclude<AuditState, 'waiting' | 'done' | 'failed'>;
  readonly cursor: string;
  readonly checksums: boolean;
  readonly since: Date | null;
  readonly location: HeldLocation & { readonly kind: string };
  /** Bases of other locations: what lies there is looked at by their own audits. */
  readonly otherBases: readonly string[];
}

/** Leases the oldest audit that is due to `owner`; one whose auditor went silent is due as well. */
export const claimAudit = (
  manager: EntityManager,
  { owner, leaseSeconds }: { owner: string; leaseSeconds: number },
): Promise<ClaimedAudit | undefined> =>
  queryRow(
    manager,
    sql`
    WITH next AS (
      SELECT id FROM location_audit
      WHERE finished_at IS NULL AND not_before <= now() AND (lease_expires_at IS NULL OR lease_expires_at <= now())
      ORDER BY id LIMIT 1
      FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE location_audit audit
      SET lease_owner = ${owner}, lease_expires_at = now() + make_interval(secs => ${leaseSeconds}),
        state = CASE WHEN audit.state = 'waiting' THEN 'copies' ELSE audit.state END
      FROM next WHERE audit.id = next.id
      RETURNING audit.*
    )
    SELECT claimed.id, claimed.state, claimed.cursor, claimed.checksums, claimed.since,
      ${HELD_LOCATION} || jsonb_build_object('kind', location.kind) AS location,
      ARRAY(SELECT other.base_path FROM data_location other WHERE other.id <> location.id) AS "otherBases"
    FROM claimed JOIN data_location location ON location.id = claimed.data_location_id`,
  );
