import { sql, type Json, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { driftCount } from './drift-count.js';

export interface PipelineStepRow {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  readonly software: string;
  readonly softwareVersion: string;
  readonly versionPin: string | null;
  readonly versionPolicy: string;
  readonly dependsOn: readonly string[];
  readonly groupBy: Json;
  readonly config: JsonObject;
  readonly configSchema: JsonObject;
  readonly inputs: JsonObject;
  readonly upstreamPolicy: string;
  readonly cooldownSeconds: number;
  readonly settleSeconds: number;
  readonly minMembers: number;
  readonly expect: JsonObject | null;
  readonly maxWaitSeconds: number | null;
  readonly associations: readonly Json[];
  readonly resources: JsonObject;
  readonly retry: JsonObject;
  readonly outputs: JsonObject;
  readonly quality: readonly Json[];
  readonly publication: JsonObject | null;
  readonly retention: JsonObject | null;
  readonly maxActiveRuns: number | null;
  readonly pool: string | null;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly recipeHash: string;
  /** Sub-groups that were found to be other than the archive says, ever; any but 0 is a defect. */
  readonly driftCount: number;
  /** When it was last compared with the archive; null while it is still to be evaluated. */
  readonly reconciledAt: Date | null;
  readonly subGroups: Readonly<Record<string, number>>;
}

/** The living steps of a pipeline, upstream before downstream, with their sub-groups counted by state. */
export const listPipelineSteps = (manager: EntityManager, pipelineId: number): Promise<PipelineStepRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT t.id, t.name, t.position, s.name AS software, v.version AS "softwareVersion", t.version_pin AS "versionPin",
      t.version_policy AS "versionPolicy",
      ARRAY(SELECT u.name FROM reduction_step_dependency d JOIN reduction_step u ON u.id = d.upstream_step_id
            WHERE d.step_id = t.id ORDER BY u.position) AS "dependsOn",
      t.group_by AS "groupBy", c.parameters AS config, v.config_schema AS "configSchema", t.inputs, t.upstream_policy AS "upstreamPolicy",
      t.cooldown_seconds AS "cooldownSeconds", t.settle_seconds AS "settleSeconds", t.min_members AS "minMembers",
      t.expect, t.max_wait_seconds AS "maxWaitSeconds", t.associations,
      jsonb_build_object('cpus', t.cpus, 'memory_mb', t.memory_mb, 'walltime_minutes', t.walltime_minutes,
        'max_memory_mb', t.max_memory_mb, 'max_walltime_minutes', t.max_walltime_minutes) AS resources,
      t.retry, t.outputs, t.quality, t.publication, t.retention, t.max_active_runs AS "maxActiveRuns", t.pool,
      t.paused_at AS "pausedAt", t.paused_by AS "pausedBy", t.pause_reason AS "pauseReason", t.recipe_hash AS "recipeHash",
      ${driftCount('t.id')} AS "driftCount", known.reconciled_at AS "reconciledAt",
      (SELECT coalesce(jsonb_object_agg(state, n), '{}')
       FROM (SELECT g.state, count(*) AS n FROM sub_group g WHERE g.step_id = t.id GROUP BY g.state) AS counted) AS "subGroups"
    FROM reduction_step t
    JOIN reduction_software s ON s.id = t.software_id
    JOIN reduction_software_version v ON v.id = t.software_version_id
    JOIN reduction_step_config c ON c.id = t.config_id
    LEFT JOIN step_evaluation known ON known.step_id = t.id
    WHERE t.pipeline_id = ${pipelineId} AND t.retired_at IS NULL
    ORDER BY t.position, t.id
  `,
  );
