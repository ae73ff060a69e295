import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { Violation } from './books.js';

/** A file at a location that is purged. */
export interface StoredCopy {
  readonly path: string;
  readonly status: string;
  readonly bytes: number;
  readonly isOnDisk: boolean;
  /** It is a product that a newer result of its sub-group has replaced: the only ones that the policy lets go. */
  readonly mayGo: boolean;
  /** On its way to the public, or there. */
  readonly isPublished: boolean;
  /** In the ledger, how often and with how many bytes it was deleted. */
  readonly deletions: number;
  readonly deletedBytes: number;
}

export interface PurgeEntry {
  readonly id: number;
  readonly isOpen: boolean;
  /** The sum that was written with its decisions, and what these say themselves. */
  readonly sumBytes: number;
  readonly decidedBytes: number;
}

/** What the ops-db and the disk say of what was purged, when everything is quiet. */
export interface PurgeBooks {
  readonly copies: readonly StoredCopy[];
  readonly purges: readonly PurgeEntry[];
  /** Bytes that are recorded to lie there, and what the running tally of them says. */
  readonly countedBytes: number;
  readonly talliedBytes: number;
}

export async function readPurgeBooks(manager: EntityManager, location: string): Promise<PurgeBooks> {
  const copies = await queryRows<Omit<StoredCopy, 'isOnDisk'> & { basePath: string }>(
    manager,
    sql`SELECT copy.path, copy.status, item.size_bytes AS bytes, place.base_path AS "basePath",
          product.superseded_at IS NOT NULL AS "mayGo",
          EXISTS (SELECT FROM publication WHERE publication.item_id = item.id AND state IN ('staged', 'eligible', 'publishing', 'published')) AS "isPublished",
          (SELECT count(*)::int FROM purge_decision gone WHERE gone.copy_id = copy.id AND action = 'delete' AND deleted_at IS NOT NULL) AS deletions,
          (SELECT coalesce(sum(gone.bytes), 0)::bigint FROM purge_decision gone
           WHERE gone.copy_id = copy.id AND action = 'delete' AND deleted_at IS NOT NULL) AS "deletedBytes"
        FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id JOIN data_location place ON place.id = copy.data_location_id
        LEFT JOIN data_product product ON product.item_id = item.id
        WHERE place.name = ${location} ORDER BY copy.id`,
  );
  const purges = await queryRows<PurgeEntry>(
    manager,
    sql`SELECT purge.id, finished_at IS NULL AS "isOpen",
          (SELECT coalesce(sum(bytes), 0)::bigint FROM purge_sum WHERE purge_id = purge.id AND action = 'delete') AS "sumBytes",
          (SELECT coalesce(sum(bytes), 0)::bigint FROM purge_decision WHERE purge_id = purge.id AND action = 'delete') AS "decidedBytes"
        FROM purge JOIN data_location place ON place.id = purge.data_location_id WHERE place.name = ${location} ORDER BY purge.id`,
  );
  const [tally] = await queryRows<{ counted: number; tallied: number }>(
    manager,
    sql`SELECT (SELECT coalesce(sum(size_bytes), 0)::bigint FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id
                WHERE data_location_id = place.id AND status NOT IN ('DELETED', 'MISSING')) AS counted,
          (SELECT coalesce(sum(bytes), 0)::bigint FROM (SELECT location_id, bytes FROM location_usage
             UNION ALL SELECT location_id, bytes FROM location_usage_change) usage WHERE location_id = place.id) AS tallied
        FROM data_location place WHERE place.name = ${location}`,
  );
  return {
    copies: await Promise.all(
      copies.map(async (copy) => ({ ...copy, isOnDisk: await isThere(join(copy.basePath, copy.path)) })),
    ),
    purges,
    countedBytes: tally?.counted ?? 0,
    talliedBytes: tally?.tallied ?? 0,
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Every way in which the ledger, the records, the tally and the disk contradict each other or the policy; nothing when they do not. */
export function checkPurgeBooks({ copies, purges, countedBytes, talliedBytes }: PurgeBooks): Violation[] {
  const tally: Violation[] =
    countedBytes === talliedBytes
      ? []
      : [{ kind: 'lost', text: `${countedBytes} bytes lie there, ${talliedBytes} were tallied` }];
  return [...copies.flatMap(checkCopy), ...purges.flatMap(checkPurge), ...tally];
}

function checkCopy(copy: StoredCopy): Violation[] {
  const { path, status, bytes, isOnDisk, mayGo, isPublished, deletions, deletedBytes } = copy;
  const isGone = status === 'DELETED';
  const problems: Violation[] = [];
  const add = (kind: Violation['kind'], text: string): unknown =>
    problems.push({ kind, text: `${path} ${text}` });
  if (!isGone && status !== 'PRESENT') add('stuck', `is ${status} still`);
  if (isGone === isOnDisk) add('lost', `is ${status}, and ${isOnDisk ? '' : 'not '}on disk`);
  if (isGone && (!mayGo || isPublished)) add('lost', 'was deleted, and should be there');
  if (deletions !== (isGone ? 1 : 0)) add('doubled', `is ${status}, and was deleted ${deletions} times`);
  else if (isGone && deletedBytes !== bytes) add('lost', `had ${bytes} bytes, of which ${deletedBytes} went`);
  return problems;
}

function checkPurge({ id, isOpen, sumBytes, decidedBytes }: PurgeEntry): Violation[] {
  const problems: Violation[] = [];
  if (isOpen) problems.push({ kind: 'stuck', text: `purge ${id} has not ended` });
  if (sumBytes !== decidedBytes)
    problems.push({
      kind: 'lost',
      text: `purge ${id}: its sum is ${sumBytes}, its decisions are ${decidedBytes}`,
    });
  return problems;
}
