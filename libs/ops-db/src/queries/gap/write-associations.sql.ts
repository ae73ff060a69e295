import { associationFingerprint, sql, type ChosenItem, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** One row of sub_group_association as it shall be. */
export interface BoundRow extends ChosenItem {
  readonly subGroupId: number;
  readonly name: string;
  readonly hashes: readonly [bigint, bigint];
}

export interface WriteAssociations {
  /** Every sub-group that was looked at, with what `sub_group.association` shall say. */
  readonly subGroups: readonly { readonly id: number; readonly association: JsonObject }[];
  /** All that is bound to them. */
  readonly rows: readonly BoundRow[];
}

/**
 * Makes the associations of some sub-groups what they shall be: rows, summary and fingerprints. Returns those that changed.
 *
 * The input fingerprint loses what the old association fingerprint says and gains the new one, so the part that the members
 * make stays whatever it is.
 */
export async function writeAssociations(
  manager: EntityManager,
  { subGroups, rows }: WriteAssociations,
): Promise<number[]> {
  if (subGroups.length === 0) return [];
  const rowsOf = new Map<number, BoundRow[]>(subGroups.map(({ id }) => [id, []]));
  for (const row of rows) rowsOf.get(row.subGroupId)?.push(row);
  const changed = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH wanted AS MATERIALIZED (
      SELECT * FROM unnest(${subGroups.map(({ id }) => id)}::bigint[],
        ${subGroups.map(({ association }) => JSON.stringify(association))}::jsonb[],
        ${subGroups.map(({ id }) => associationFingerprint(rowsOf.get(id) ?? []))}::text[],
        ${subGroups.map(({ id }) => (rowsOf.get(id) ?? []).map(placeOf).join(' '))}::text[]) AS target (id, association, fingerprint, places)
    ),
    chosen AS MATERIALIZED (
      SELECT * FROM unnest(${rows.map((row) => row.subGroupId)}::bigint[], ${rows.map((row) => row.name)}::text[],
        ${rows.map((row) => row.itemId)}::bigint[], ${rows.map((row) => row.contentHash)}::text[], ${rows.map((row) => row.role)}::text[],
        ${rows.map((row) => row.method)}::text[], ${rows.map((row) => row.offsetSeconds)}::float8[], ${rows.map((row) => row.weight)}::float8[],
        ${rows.map(({ hashes }) => String(hashes[0]))}::bigint[], ${rows.map(({ hashes }) => String(hashes[1]))}::bigint[])
        AS row (sub_group_id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b)
    ),
    gone AS (
      -- By the places of its own sub-group: what was chosen for thousands of others is not looked through for each.
      DELETE FROM sub_group_association bound USING wanted
      WHERE bound.sub_group_id = wanted.id AND NOT (bound.name || ':' || bound.role = ANY(string_to_array(wanted.places, ' ')))
      RETURNING bound.sub_group_id AS id
    ),
    bound AS (
      INSERT INTO sub_group_association AS known (sub_group_id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b)
      SELECT * FROM chosen ORDER BY sub_group_id, name, role
      ON CONFLICT (sub_group_id, name, role) DO UPDATE SET item_id = excluded.item_id, content_hash = excluded.content_hash,
        method = excluded.method, offset_seconds = excluded.offset_seconds, weight = excluded.weight, hash_a = excluded.hash_a, hash_b = excluded.hash_b
      WHERE (known.item_id, known.content_hash, known.method, known.offset_seconds, known.weight)
        IS DISTINCT FROM (excluded.item_id, excluded.content_hash, excluded.method, excluded.offset_seconds, excluded.weight)
      RETURNING known.sub_group_id AS id
    ),
    shifted AS (
      UPDATE sub_group g SET association = wanted.association, association_fingerprint = wanted.fingerprint,
        input_fingerprint = add_fingerprints(subtract_fingerprint(g.input_fingerprint, g.association_fingerprint), wanted.fingerprint)
      FROM wanted
      WHERE g.id = wanted.id AND (g.association, g.association_fingerprint) IS DISTINCT FROM (wanted.association, wanted.fingerprint)
      RETURNING g.id
    )
    SELECT id FROM shifted UNION SELECT id FROM bound UNION SELECT id FROM gone ORDER BY id`,
  );
  return changed.map(({ id }) => id);
}

const placeOf = ({ name, role }: BoundRow): string => `${name}:${role}`;
