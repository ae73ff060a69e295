import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** A living step that takes products of another. */
export interface TakerRow {
  readonly stepId: number;
  readonly upstreamId: number;
  readonly inputs: JsonObject;
}

/** Every pair of steps of which the one takes what the other makes. */
export const loadTakers = (manager: EntityManager): Promise<TakerRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT step.id AS "stepId", dependency.upstream_step_id AS "upstreamId", step.inputs
    FROM reduction_step_dependency dependency JOIN reduction_step step ON step.id = dependency.step_id
    WHERE step.retired_at IS NULL`,
  );
