import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { StoredJson } from '../entities/index.js';
import { queryRows } from '../sql.js';

export interface ListedExecutedObsUnit {
  readonly id: string;
  readonly obsUnit: { readonly name: string };
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly status: string;
  readonly metadata: StoredJson;
  readonly createdAt: Date;
  /** The start in full precision: a Date has only milliseconds, too few to continue from. */
  readonly startedKey: string;
}

export interface ExecutedObsUnitPage {
  readonly after: { readonly startedKey: string; readonly id: string } | null;
  readonly limit: number;
  readonly obsUnit: string | null;
  readonly status: string | null;
}

/** Executed obs units by their start, newest first, after the one with the key `after`. */
export const listExecutedObsUnits = (
  manager: EntityManager,
  page: ExecutedObsUnitPage,
): Promise<ListedExecutedObsUnit[]> =>
  queryRows<ListedExecutedObsUnit>(
    manager,
    sql`
    SELECT executed.id, jsonb_build_object('name', unit.name) AS "obsUnit", executed.started_at AS "startedAt",
           executed.finished_at AS "finishedAt", executed.status, executed.metadata, executed.created_at AS "createdAt",
           executed.started_at::text AS "startedKey"
    FROM executed_obs_unit executed
    JOIN obs_unit unit ON unit.id = executed.obs_unit_id
    WHERE (${page.obsUnit}::text IS NULL OR unit.name = ${page.obsUnit})
      AND (${page.status}::text IS NULL OR executed.status = ${page.status})
      AND (${page.after?.startedKey ?? null}::timestamptz IS NULL
           OR (executed.started_at, executed.id) < (${page.after?.startedKey ?? null}::timestamptz, ${page.after?.id ?? null}::uuid))
    ORDER BY executed.started_at DESC, executed.id DESC
    LIMIT ${page.limit}
  `,
  );
