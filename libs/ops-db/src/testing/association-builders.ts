import {
  parseAssociations,
  sql,
  type Association,
  type AssociationMethod,
  type AssociationRole,
  type Dims,
  type JsonObject,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import type { BuiltStep } from './builders.js';
import { aRawFile } from './item-builders.js';
import { aSubGroup, type BuiltRun } from './run-builders.js';

const START = Date.parse('2026-03-01T00:00:00Z');

/** So many hours after the beginning of the tests' time. */
export const hour = (n: number): Date => new Date(START + n * 3_600_000);

export interface DarkOptions {
  readonly dims?: Dims;
  readonly metadata?: JsonObject;
  readonly registeredAt?: Date;
}

/** A raw file that `darks` select, taken at an hour. */
export const aDark = (db: EntityManager, at: number, options: DarkOptions = {}): Promise<number> =>
  aRawFile(db, { ...options, dims: { kind: 'dark', ...options.dims }, obsTime: hour(at) });

/** Associations that choose from the darks, by name and policy `dark` and `nearest` unless they say otherwise. */
export const darks = (...rules: readonly object[]): readonly Association[] =>
  parseAssociations(
    rules.map((rule) => ({
      name: 'dark',
      select: [{ dim: 'kind', operator: 'eq', value: 'dark' }],
      policy: 'nearest',
      ...rule,
    })),
  );

export interface TargetOptions {
  readonly step: BuiltStep;
  readonly dims?: Dims;
  /** The hour at which its last member came. */
  readonly last?: number;
}

/** A sub-group with members between two hours; null has no times. The part of its fingerprint that the members make is known. */
export async function aTarget(
  db: EntityManager,
  [from, to]: readonly [number | null, number | null],
  { step, dims = {}, last = 0 }: TargetOptions,
): Promise<number> {
  const id = await aSubGroup(db, { step, commonDims: dims, state: 'missing' });
  await queryRows(
    db,
    sql`UPDATE sub_group SET member_count = 2, input_fingerprint = fingerprint(id, 7), last_member_at = ${hour(last)},
          time_from = ${from === null ? null : hour(from)}, time_to = ${to === null ? null : hour(to)} WHERE id = ${id}`,
  );
  return id;
}

export interface StoredAssociation {
  readonly association: JsonObject;
  readonly fingerprint: string;
}

/**
 * What the row of a target says is bound to it.
 *
 * @throws when the part of its input fingerprint that the members make is not what it was
 */
export async function associationOf(db: EntityManager, id: number): Promise<StoredAssociation> {
  const row = await queryRow<StoredAssociation & { isSound: boolean }>(
    db,
    sql`SELECT association, association_fingerprint AS fingerprint,
          subtract_fingerprint(input_fingerprint, association_fingerprint) = fingerprint(id, 7) AS "isSound"
        FROM sub_group WHERE id = ${id}`,
  );
  if (row?.isSound !== true) throw new Error(`the fingerprint of sub-group ${id} is not what it should be`);
  return { association: row.association, fingerprint: row.fingerprint };
}

export interface BoundItemRow {
  readonly name: string;
  readonly item: number;
  readonly role: string;
  readonly method: string;
  readonly offset: number;
  readonly weight: number;
}

/** What is bound to a sub-group, by name; before comes before after. */
export const boundTo = (db: EntityManager, id: number): Promise<BoundItemRow[]> =>
  queryRows(
    db,
    sql`SELECT name, item_id AS item, role, method, offset_seconds AS "offset", weight
        FROM sub_group_association WHERE sub_group_id = ${id} ORDER BY name, role DESC`,
  );

export interface BindingOptions {
  readonly name?: string;
  readonly role?: AssociationRole;
  readonly method?: AssociationMethod;
  readonly offsetSeconds?: number;
  readonly weight?: number;
}

/** Binds an item to a run that is there already, and adds it to the run's inputs. */
export async function bindInput(
  db: EntityManager,
  { runId, inputSetId }: Pick<BuiltRun, 'runId' | 'inputSetId'>,
  itemId: number,
  options: BindingOptions = {},
): Promise<void> {
  const { name = 'dark', role = 'only', method = 'nearest', offsetSeconds = -60, weight = 1 } = options;
  await queryRows(
    db,
    sql`INSERT INTO run_association (run_id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b)
        SELECT ${runId}, ${name}, id, content_hash, ${role}, ${method}, ${offsetSeconds}, ${weight}, 1, 2 FROM data_item WHERE id = ${itemId}`,
  );
  await queryRows(
    db,
    sql`INSERT INTO input_set_member (input_set_id, item_id, content_hash, binding)
        SELECT ${inputSetId}, id, content_hash, ${name} FROM data_item WHERE id = ${itemId}`,
  );
}
