import { sql, type FindingKind, type FindingSeverity } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface FindingRow {
  readonly id: number;
  readonly kind: FindingKind;
  readonly severity: FindingSeverity;
  /** Relative to the base of the location. */
  readonly path: string;
  readonly itemId: number | null;
  readonly sizeBytes: number;
  readonly detail: string;
  readonly foundAt: Date;
}

export interface FindingsQuery {
  readonly auditId: number;
  readonly severity: FindingSeverity | null;
  readonly after: number | null;
  readonly limit: number;
}

/** What an audit found, in the order in which it was found. */
export const listFindings = (
  manager: EntityManager,
  { auditId, severity, after, limit }: FindingsQuery,
): Promise<FindingRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT id, kind, severity, path, item_id AS "itemId", size_bytes AS "sizeBytes", detail, found_at AS "foundAt"
    FROM audit_finding
    WHERE audit_id = ${auditId} AND (${severity}::text IS NULL OR severity = ${severity}) AND (${after}::bigint IS NULL OR id > ${after})
    ORDER BY id LIMIT ${limit}`,
  );
