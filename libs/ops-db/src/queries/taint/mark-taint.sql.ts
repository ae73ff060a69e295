import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** What is bad: an item as it is now, a software version, or a host, for ever or for a time. */
export type TaintTarget =
  | { readonly kind: 'item'; readonly itemId: number }
  | { readonly kind: 'software'; readonly softwareVersionId: number }
  | {
      readonly kind: 'host';
      readonly host: string;
      /** ISO 8601; null: since ever. */
      readonly since: string | null;
      readonly until: string | null;
    };

export interface TaintMark {
  readonly target: TaintTarget;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Marks a target bad and all that was made of it, in the caller's transaction, whoever makes or publishes products meanwhile waits for. Returns
 * the id of the taint, or undefined when there is no such item, or when the same target is marked already.
 */
export async function markTaint(
  manager: EntityManager,
  { target, reason, actor }: TaintMark,
): Promise<number | undefined> {
  // A statement of its own: what is read afterwards is what those who were waited for have left.
  await changeTaints(manager);
  const item = target.kind === 'item' ? target.itemId : null;
  const version = target.kind === 'software' ? target.softwareVersionId : null;
  const { host, since, until } = target.kind === 'host' ? target : { host: null, since: null, until: null };
  const marked = await queryRow<{ id: number }>(
    manager,
    sql`
    INSERT INTO taint (kind, item_id, content_hash, software_version_id, host, since, until, reason, marked_by)
    SELECT ${target.kind}, item.id, item.content_hash, ${version}::bigint, ${host}::text, ${since}::timestamptz, ${until}::timestamptz, ${reason}, ${actor}
    FROM (SELECT) AS one LEFT JOIN data_item item ON item.id = ${item}::bigint
    WHERE ${item}::bigint IS NULL OR item.id IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING id`,
  );
  if (marked === undefined) return undefined;
  await queryRow(manager, sql`SELECT spread_taint(${marked.id})`);
  return marked.id;
}

export interface TaintLift {
  readonly id: number;
  readonly reason: string;
  readonly actor: string;
}

/** Lifts a taint: what it reached is bad no longer, unless another one reaches it. False when it does not hold any more. */
export async function liftTaint(manager: EntityManager, { id, reason, actor }: TaintLift): Promise<boolean> {
  await changeTaints(manager);
  const lifted = await queryRow(
    manager,
    sql`
    WITH freed AS (DELETE FROM tainted_product WHERE taint_id = ${id})
    UPDATE taint SET lifted_at = now(), lifted_by = ${actor}, lifted_why = ${reason} WHERE id = ${id} AND lifted_at IS NULL RETURNING id`,
  );
  return lifted !== undefined;
}

const changeTaints = (manager: EntityManager): Promise<unknown> =>
  queryRow(manager, sql`SELECT change_taints()`);

/**
 * No taint is marked or lifted before this transaction ends. Take it as a statement of its own, before any row is locked: whoever marks one
 * must never wait for somebody who waits for it.
 */
export async function holdTaints(manager: EntityManager): Promise<void> {
  await queryRow(manager, sql`SELECT hold_taints()`);
}
