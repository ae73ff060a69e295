import { sql, type Json, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** A living step, as it is asked for the items that it owes. */
export interface ItemStep {
  readonly id: number;
  readonly pipelineId: number;
  readonly groupBy: Json;
  /** As it is stored. */
  readonly retry: JsonObject;
}

export const findItemStep = (
  manager: EntityManager,
  { pipeline, step }: { pipeline: string; step: string },
): Promise<ItemStep | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT step.id, step.pipeline_id AS "pipelineId", step.group_by AS "groupBy", step.retry
    FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id
    WHERE pipeline.name = ${pipeline} AND step.name = ${step} AND step.retired_at IS NULL`,
  );
