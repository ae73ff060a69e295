import { sql, type Dims, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface TriggerRequestRow {
  readonly id: number;
  readonly pipeline: string;
  readonly selection: Dims;
  readonly steps: readonly string[] | null;
  readonly force: boolean;
  readonly overrides: Readonly<Record<string, JsonObject>>;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly closedAt: Date | null;
}

/** One person's request; `closedAt` is set once nothing of its selection is left to do. */
export const findTriggerRequest = (
  manager: EntityManager,
  id: number,
): Promise<TriggerRequestRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT t.id, pipeline.name AS pipeline, t.selection, t.step_names AS steps, t.force, t.overrides, t.requested_by AS "requestedBy",
      t.requested_at AS "requestedAt", t.closed_at AS "closedAt"
    FROM trigger_request t JOIN pipeline ON pipeline.id = t.pipeline_id
    WHERE t.id = ${id}
  `,
  );
