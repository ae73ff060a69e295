import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import type { CopyToAudit } from './list-copies-to-audit.sql.js';

/** What was found at the path of a copy; `same` when its bytes were compared, `there` when only its size was. */
export interface CopyLook extends CopyToAudit {
  readonly found: 'same' | 'there' | 'missing' | 'size' | 'checksum' | 'unreadable';
  readonly detail: string;
}

export interface LooksRecord {
  readonly auditId: number;
  readonly owner: string;
  readonly looks: readonly CopyLook[];
  /** How many findings of one audit are kept; the numbers count all. */
  readonly limit: number;
}

/**
 * Notes what was found of copies: their status, the findings that are news, and how far the audit is. Null when `owner` lost its lease, and
 * then nothing is noted; else how many copies nothing can bring back.
 *
 * A status is changed only from what was read before the look: a copy that is being deleted meanwhile is none of the audit's business.
 */
export async function recordCopyLooks(
  manager: EntityManager,
  { auditId, owner, looks, limit }: LooksRecord,
): Promise<{ readonly lost: number } | null> {
  const row = await queryRow<{ lost: number }>(
    manager,
    sql`
    WITH held AS (SELECT id, missing + damaged + unreadable + recovered AS kept FROM location_audit WHERE id = ${auditId} AND lease_owner = ${owner} FOR UPDATE),
    look AS MATERIALIZED (
      SELECT * FROM unnest(${looks.map(({ copyId }) => copyId)}::bigint[], ${looks.map(({ status }) => status)}::text[],
        ${looks.map(({ found }) => found)}::text[], ${looks.map(({ detail }) => detail)}::text[]) AS look (copy_id, seen, found, detail)
    ), told AS MATERIALIZED (
      SELECT copy.*, look.seen, look.found, look.detail, item.size_bytes, item.kind,
        CASE look.found WHEN 'missing' THEN 'MISSING' WHEN 'size' THEN 'CORRUPT' WHEN 'checksum' THEN 'CORRUPT' WHEN 'unreadable' THEN copy.status
          ELSE CASE WHEN copy.status IN ('MISSING', 'CORRUPT') THEN 'PRESENT' ELSE copy.status END END AS becomes,
        EXISTS (SELECT FROM physical_copy other WHERE other.item_id = copy.item_id AND other.id <> copy.id AND other.status IN ('PRESENT', 'STAGED')
          AND NOT EXISTS (SELECT FROM look same_batch WHERE same_batch.copy_id = other.id AND same_batch.found IN ('missing', 'size', 'checksum'))) AS has_other
      FROM look JOIN physical_copy copy ON copy.id = look.copy_id AND copy.status = look.seen JOIN data_item item ON item.id = copy.item_id CROSS JOIN held
    ), changed AS (
      UPDATE physical_copy copy SET status = told.becomes, verified_at = CASE WHEN told.found = 'same' THEN now() ELSE copy.verified_at END
      FROM told WHERE copy.id = told.id AND copy.status = told.seen AND (told.becomes <> copy.status OR told.found = 'same')
    ), finding AS MATERIALIZED (
      SELECT CASE WHEN found IN ('same', 'there') THEN 'recovered' ELSE found END AS finding_kind,
        CASE WHEN found IN ('same', 'there') THEN 'note' WHEN has_other THEN 'copy' WHEN kind = 'DATA_PRODUCT' THEN 'remake'
          WHEN found = 'unreadable' THEN 'note' ELSE 'lost' END AS severity, path, item_id, size_bytes, detail, id
      FROM told WHERE found NOT IN ('same', 'there') OR becomes <> seen
    ), written AS (
      INSERT INTO audit_finding (audit_id, kind, severity, path, item_id, size_bytes, detail)
      SELECT held.id, finding_kind, severity, path, item_id, size_bytes, detail FROM finding CROSS JOIN held
      WHERE held.kept < ${limit} OR severity = 'lost'
      ORDER BY path
      ON CONFLICT DO NOTHING
    ), sums AS (
      SELECT count(*) FILTER (WHERE finding_kind = 'missing') AS missing, count(*) FILTER (WHERE finding_kind IN ('size', 'checksum')) AS damaged,
        count(*) FILTER (WHERE finding_kind = 'unreadable') AS unreadable, count(*) FILTER (WHERE finding_kind = 'recovered') AS recovered,
        count(*) FILTER (WHERE severity = 'lost') AS lost FROM finding
    )
    UPDATE location_audit audit SET cursor = ${looks.at(-1)?.path ?? ''}, copies = audit.copies + ${looks.length},
      bytes = audit.bytes + (SELECT coalesce(sum(size_bytes), 0) FROM told WHERE found IN ('same', 'there')),
      missing = audit.missing + sums.missing, damaged = audit.damaged + sums.damaged, unreadable = audit.unreadable + sums.unreadable,
      recovered = audit.recovered + sums.recovered, lost = audit.lost + sums.lost
    FROM held, sums WHERE audit.id = held.id
    RETURNING sums.lost::int AS lost`,
  );
  return row ?? null;
}
