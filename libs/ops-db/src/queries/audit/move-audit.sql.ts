import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface AuditMove {
  readonly auditId: number;
  readonly owner: string;
  readonly to: 'files' | 'done' | 'failed';
  /** Why it failed. */
  readonly problem?: string;
}

/** From one part of an audit to the next, or to its end. Only while `owner` holds it. */
export const moveAudit = async (
  manager: EntityManager,
  { auditId, owner, to, problem = '' }: AuditMove,
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    UPDATE location_audit SET state = ${to}, cursor = '', problem = nullif(${problem}, ''),
      finished_at = CASE WHEN ${to} IN ('done', 'failed') THEN now() END,
      lease_owner = CASE WHEN ${to} IN ('done', 'failed') THEN NULL ELSE lease_owner END,
      lease_expires_at = CASE WHEN ${to} IN ('done', 'failed') THEN NULL ELSE lease_expires_at END
    WHERE id = ${auditId} AND lease_owner = ${owner} AND finished_at IS NULL
    RETURNING id`,
  )) !== undefined;

/** Gives an audit back: it goes on where it is after so many seconds, with whoever takes it. `problem` says what it waits for. */
export async function putOffAudit(
  manager: EntityManager,
  {
    auditId,
    owner,
    seconds,
    problem,
  }: { auditId: number; owner: string; seconds: number; problem: string | null },
): Promise<void> {
  await queryRow(
    manager,
    sql`
    UPDATE location_audit SET lease_owner = NULL, lease_expires_at = NULL, problem = ${problem}, not_before = now() + make_interval(secs => ${seconds})
    WHERE id = ${auditId} AND lease_owner = ${owner}
    RETURNING id`,
  );
}

/** Keeps the audit for longer; nothing happens when `owner` lost it. */
export async function extendAudit(
  manager: EntityManager,
  { auditId, owner, seconds }: { auditId: number; owner: string; seconds: number },
): Promise<void> {
  await queryRow(
    manager,
    sql`UPDATE location_audit SET lease_expires_at = now() + make_interval(secs => ${seconds}) WHERE id = ${auditId} AND lease_owner = ${owner} RETURNING id`,
  );
}
