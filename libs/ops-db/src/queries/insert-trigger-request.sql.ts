import { sql, type Dims, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface NewTriggerRequest {
  readonly pipelineId: number;
  readonly selection: Dims;
  readonly steps: readonly string[] | null;
  readonly force: boolean;
  /** Step name → parameters that its runs get instead of the step's own. */
  readonly overrides: Readonly<Record<string, JsonObject>>;
  readonly actor: string;
}

/** Stores a person's request; the evaluation that answers it is asked for by a trigger. Returns its id. */
export async function insertTriggerRequest(
  manager: EntityManager,
  request: NewTriggerRequest,
): Promise<number> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    INSERT INTO trigger_request (pipeline_id, selection, step_names, force, overrides, requested_by)
    VALUES (${request.pipelineId}, ${JSON.stringify(request.selection)}::jsonb, ${request.steps}::text[], ${request.force},
      ${JSON.stringify(request.overrides)}::jsonb, ${request.actor})
    RETURNING id
  `,
  );
  if (row === undefined) throw new Error('the trigger request was not stored');
  return row.id;
}
