import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** A data item in a lineage; `type` and what follows are null for raw data. */
export interface LineageItem {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly type: string | null;
  readonly dims: Dims;
  readonly sizeBytes: number;
  readonly contentHash: string;
  readonly supersededAt: Date | null;
}

/** A run in a lineage. */
export interface LineageRun {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly status: string;
  readonly software: string;
  readonly softwareVersion: string;
  readonly softwareDigest: string;
  readonly recipeHash: string;
  readonly finishedAt: Date | null;
}

export const lineageItems = (manager: EntityManager, ids: readonly number[]): Promise<LineageItem[]> =>
  queryRows(
    manager,
    sql`
    SELECT item.id, item.kind, item.name, p.type, item.dims, item.size_bytes AS "sizeBytes", item.content_hash AS "contentHash",
      p.superseded_at AS "supersededAt"
    FROM data_item item LEFT JOIN data_product p ON p.item_id = item.id
    WHERE item.id = ANY(${ids}::bigint[])
    ORDER BY item.id
  `,
  );

export const lineageRuns = (manager: EntityManager, ids: readonly number[]): Promise<LineageRun[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id, pipeline.name AS pipeline, step.name AS step, run.status, s.name AS software, v.version AS "softwareVersion",
      v.digest AS "softwareDigest", run.recipe_hash AS "recipeHash", run.finished_at AS "finishedAt"
    FROM run
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN reduction_step step ON step.id = run.step_id
    JOIN reduction_software_version v ON v.id = run.software_version_id
    JOIN reduction_software s ON s.id = v.software_id
    WHERE run.id = ANY(${ids}::bigint[])
    ORDER BY run.id
  `,
  );
