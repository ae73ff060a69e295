import { existsSync } from 'node:fs';
import path from 'node:path';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import type { RetentionWorld } from './retention-world.js';

interface Instance {
  readonly path: string;
  readonly status: string;
  readonly bytes: number;
  readonly deletions: number;
  readonly deletedBytes: number;
  readonly keeps: number;
}

/** Every way in which the ledger, the records, the tally and the disk of a world contradict each other; nothing when they do not. */
export async function contradictions(world: RetentionWorld): Promise<string[]> {
  const instances = await queryRows<Instance>(
    world.db,
    sql`
    SELECT copy.path, copy.status, item.size_bytes AS bytes, count(*) FILTER (WHERE action = 'delete' AND deleted_at IS NOT NULL)::int AS deletions,
      coalesce(sum(decision.bytes) FILTER (WHERE action = 'delete' AND deleted_at IS NOT NULL), 0)::bigint AS "deletedBytes",
      count(*) FILTER (WHERE action = 'keep')::int AS keeps
    FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id LEFT JOIN purge_decision decision ON decision.copy_id = copy.id
    WHERE copy.data_location_id = ${world.locationId}
    GROUP BY copy.id, item.size_bytes ORDER BY copy.id`,
  );
  return [
    ...instances.flatMap((one) => ofInstance(one, existsSync(path.join(world.base, one.path)))),
    ...(await ofTally(world)),
    ...(await ofPurges(world)),
  ];
}

function ofInstance({ path: where, status, bytes, ...ledger }: Instance, isThere: boolean): string[] {
  const isDeleted = status === 'DELETED';
  return [
    ...(isDeleted || status === 'PRESENT' ? [] : [`${where} is ${status}`]),
    ...(isDeleted === isThere ? [`${where} is ${status}, and its bytes say otherwise`] : []),
    ...(ledger.deletions === (isDeleted ? 1 : 0) ? [] : [`${where} was deleted ${ledger.deletions} times`]),
    ...(ledger.deletedBytes === (isDeleted ? bytes : 0)
      ? []
      : [`${where}: ${ledger.deletedBytes} bytes went`]),
    ...(ledger.keeps > (isDeleted ? 0 : 1) ? [`${where} is kept ${ledger.keeps} times`] : []),
  ];
}

async function ofTally(world: RetentionWorld): Promise<string[]> {
  const row = await queryRow<{ counted: number; tallied: number }>(
    world.db,
    sql`
    SELECT (SELECT coalesce(sum(size_bytes), 0)::bigint FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id
            WHERE data_location_id = ${world.locationId} AND status NOT IN ('DELETED', 'MISSING')) AS counted,
      (SELECT coalesce(sum(bytes), 0)::bigint FROM (SELECT bytes FROM location_usage WHERE location_id = ${world.locationId}
            UNION ALL SELECT bytes FROM location_usage_change WHERE location_id = ${world.locationId}) AS both_tables) AS tallied`,
  );
  return row?.counted === row?.tallied
    ? []
    : [`${row?.counted} bytes lie there, ${row?.tallied} were tallied`];
}

async function ofPurges(world: RetentionWorld): Promise<string[]> {
  const purges = await queryRows<{
    id: number;
    before: number;
    after: number;
    deleted: number;
    rows: number;
    open: boolean;
  }>(
    world.db,
    sql`
    SELECT id, used_before_bytes AS before, used_after_bytes AS after, finished_at IS NULL AS open,
      (SELECT coalesce(sum(bytes), 0)::bigint FROM purge_sum WHERE purge_id = purge.id AND action = 'delete') AS deleted,
      (SELECT coalesce(sum(bytes), 0)::bigint FROM purge_decision WHERE purge_id = purge.id AND action = 'delete') AS rows
    FROM purge WHERE data_location_id = ${world.locationId} ORDER BY id`,
  );
  return purges.flatMap(({ id, before, after, deleted, rows, open }) => [
    ...(open ? [`purge ${id} did not end`] : []),
    ...(before - deleted === after ? [] : [`purge ${id}: ${before} - ${deleted} is not ${after}`]),
    ...(deleted === rows ? [] : [`purge ${id}: its sum is ${deleted}, its rows say ${rows}`]),
  ]);
}
