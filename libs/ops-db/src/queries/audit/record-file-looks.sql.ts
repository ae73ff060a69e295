import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface UnknownFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface FileLooksRecord {
  readonly auditId: number;
  readonly owner: string;
  /** The last path that was looked at. */
  readonly cursor: string;
  readonly unknown: readonly UnknownFile[];
  readonly ofAttempts: { readonly files: number; readonly bytes: number };
  readonly links: number;
  /** How many unknown files of one audit are named; the numbers count all. */
  readonly limit: number;
}

/** Notes which files no record knows, and how far the audit is. False when `owner` lost its lease, and then nothing is noted. */
export const recordFileLooks = async (
  manager: EntityManager,
  { auditId, owner, cursor, unknown, ofAttempts, links, limit }: FileLooksRecord,
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    WITH held AS (SELECT id, unknown_files FROM location_audit WHERE id = ${auditId} AND lease_owner = ${owner} FOR UPDATE),
    file AS MATERIALIZED (
      SELECT * FROM unnest(${unknown.map(({ path }) => path)}::text[], ${unknown.map(({ sizeBytes }) => sizeBytes)}::bigint[]) WITH ORDINALITY AS file (path, size_bytes, place)
    ), written AS (
      INSERT INTO audit_finding (audit_id, kind, severity, path, size_bytes)
      SELECT held.id, 'unknown', 'note', path, size_bytes FROM file CROSS JOIN held WHERE held.unknown_files + place <= ${limit}
      ON CONFLICT DO NOTHING
    )
    UPDATE location_audit audit SET cursor = ${cursor}, unknown_files = audit.unknown_files + ${unknown.length},
      unknown_bytes = audit.unknown_bytes + (SELECT coalesce(sum(size_bytes), 0) FROM file),
      attempt_files = audit.attempt_files + ${ofAttempts.files}, attempt_bytes = audit.attempt_bytes + ${ofAttempts.bytes}, links = audit.links + ${links}
    FROM held WHERE audit.id = held.id
    RETURNING audit.id`,
  )) !== undefined;
