import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface AuditRecord {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly requestId: string;
}

const jsonOrNull = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);

/** Appends one audit entry; call it in the transaction of the change, so that both commit or neither does. */
export async function recordAudit(manager: EntityManager, record: AuditRecord): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO audit_log (actor, action, target, before, after, request_id)
    VALUES (${record.actor}, ${record.action}, ${record.target},
            ${jsonOrNull(record.before)}::jsonb, ${jsonOrNull(record.after)}::jsonb, ${record.requestId})
  `,
  );
}
