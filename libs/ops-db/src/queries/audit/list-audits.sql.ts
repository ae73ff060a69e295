import { sql, type AuditState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

export interface AuditRow {
  readonly id: number;
  readonly location: string;
  readonly state: AuditState;
  readonly checksums: boolean;
  readonly since: Date | null;
  readonly requestedBy: string;
  readonly copies: number;
  readonly bytes: number;
  readonly missing: number;
  readonly damaged: number;
  readonly unreadable: number;
  readonly recovered: number;
  readonly lost: number;
  readonly unknownFiles: number;
  readonly unknownBytes: number;
  readonly attemptFiles: number;
  readonly attemptBytes: number;
  readonly links: number;
  /** Why it failed, or what it waits for. */
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

const COLUMNS = sql`
    SELECT audit.id, location.name AS location, audit.state, audit.checksums, audit.since, audit.requested_by AS "requestedBy", audit.copies,
      audit.bytes, audit.missing, audit.damaged, audit.unreadable, audit.recovered, audit.lost, audit.unknown_files AS "unknownFiles",
      audit.unknown_bytes AS "unknownBytes", audit.attempt_files AS "attemptFiles", audit.attempt_bytes AS "attemptBytes", audit.links,
      audit.problem, audit.created_at AS "createdAt", audit.finished_at AS "finishedAt"
    FROM location_audit audit JOIN data_location location ON location.id = audit.data_location_id`;

export interface AuditsQuery {
  readonly locationId: number | null;
  /** Audits before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` audits, newest first. */
export const listAudits = (
  manager: EntityManager,
  { locationId, before, limit }: AuditsQuery,
): Promise<AuditRow[]> =>
  queryRows(
    manager,
    sql`${COLUMNS}
    WHERE (${before}::bigint IS NULL OR audit.id < ${before}) AND (${locationId}::bigint IS NULL OR audit.data_location_id = ${locationId})
    ORDER BY audit.id DESC LIMIT ${limit}`,
  );

export const findAudit = (manager: EntityManager, id: number): Promise<AuditRow | undefined> =>
  queryRow(manager, sql`${COLUMNS} WHERE audit.id = ${id}`);
