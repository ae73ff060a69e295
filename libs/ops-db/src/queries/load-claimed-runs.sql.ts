import {
  sql,
  type AssociationMethod,
  type AssociationRole,
  type Dims,
  type JsonObject,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** How an input was chosen that an association bound to a run. */
export interface RunBinding {
  readonly binding: string;
  readonly itemId: number;
  readonly role: AssociationRole;
  readonly method: AssociationMethod;
  readonly offsetSeconds: number;
  readonly weight: number;
}

/** Everything about a run that staging it needs, its inputs apart. */
export interface ClaimedRun {
  /** Which installation of Meridian this database is: part of every job's name. */
  readonly installation: string;
  readonly runId: number;
  /** The number that its next attempt will have. */
  readonly attempt: number;
  readonly failureCount: number;
  readonly inputSetId: number;
  readonly memberCount: number;
  readonly bindings: readonly RunBinding[];
  readonly dims: Dims;
  readonly config: JsonObject;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
  readonly pipeline: string;
  readonly step: string;
  readonly outputs: JsonObject;
  readonly retry: JsonObject;
  readonly maxMemoryMb: number;
  readonly maxWalltimeMinutes: number;
  /** No living step depends on it: what it makes is a result, not an intermediate. */
  readonly isFinalStep: boolean;
  readonly subGroupKey: string;
  readonly subGroupDims: Dims;
  readonly software: string;
  readonly version: string;
  readonly digest: string;
  readonly imageRef: string | null;
  /** Null for a tag, which `pinImage` pins. */
  readonly imageDigest: string | null;
  readonly hostDirectory: string | null;
  readonly command: readonly string[];
  readonly environment: JsonObject;
  readonly locationId: number;
  readonly location: string;
  readonly basePath: string;
  readonly runtime: 'host' | 'apptainer' | 'singularity';
  readonly staging: 'link' | 'copy';
  readonly recipeHash: string;
  readonly recipe: JsonObject;
  readonly softwareHash: string;
  readonly configHash: string;
  readonly priority: number;
  readonly causes: readonly string[];
  readonly createdAt: Date;
  /** The run whose products it only makes again. */
  readonly remakesRunId: number | null;
}

/** The runs of `runIds` that are being staged by `leaseOwner`, oldest first. */
export const loadClaimedRuns = (
  manager: EntityManager,
  leaseOwner: string,
  runIds: readonly number[],
): Promise<ClaimedRun[]> =>
  queryRows(
    manager,
    sql`
    SELECT (SELECT id FROM installation) AS installation, run.id AS "runId", run.attempt + 1 AS attempt, run.failure_count AS "failureCount", run.dims, run.config,
           run.cpus, run.memory_mb AS "memoryMb", run.walltime_minutes AS "walltimeMinutes",
           input_set.id AS "inputSetId", input_set.member_count AS "memberCount",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('binding', bound.name, 'itemId', bound.item_id, 'role', bound.role, 'method', bound.method,
                                                         'offsetSeconds', bound.offset_seconds, 'weight', bound.weight)
                                      ORDER BY bound.name, bound.item_id), '[]')
            FROM run_association bound WHERE bound.run_id = coalesce(run.remakes_run_id, run.id)) AS bindings,
           pipeline.name AS pipeline, step.name AS step, step.outputs, step.retry,
           step.max_memory_mb AS "maxMemoryMb", step.max_walltime_minutes AS "maxWalltimeMinutes",
           NOT EXISTS (SELECT FROM reduction_step_dependency dependency
                       JOIN reduction_step dependent ON dependent.id = dependency.step_id
                       WHERE dependency.upstream_step_id = step.id AND dependent.retired_at IS NULL) AS "isFinalStep",
           sub_group.key AS "subGroupKey", sub_group.dims AS "subGroupDims",
           software.name AS software, version.version, version.digest, version.image_ref AS "imageRef", version.image_digest AS "imageDigest",
           version.host_directory AS "hostDirectory", version.command, version.environment,
           location.id AS "locationId", location.name AS location, location.base_path AS "basePath", location.runtime, location.staging,
           run.recipe_hash AS "recipeHash", recipe.document AS recipe, run.software_hash AS "softwareHash", run.config_hash AS "configHash",
           run.priority, run.causes, run.created_at AS "createdAt", run.remakes_run_id AS "remakesRunId"
    FROM run
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN reduction_step step ON step.id = run.step_id
    JOIN sub_group ON sub_group.id = run.sub_group_id
    JOIN input_set ON input_set.id = run.input_set_id
    JOIN reduction_software_version version ON version.id = run.software_version_id
    JOIN reduction_software software ON software.id = version.software_id
    JOIN data_location location ON location.id = run.location_id
    JOIN recipe ON recipe.hash = run.recipe_hash
    WHERE run.id = ANY(${runIds}::bigint[]) AND run.status = 'STAGING_DATA' AND run.lease_owner = ${leaseOwner}
    ORDER BY run.id
  `,
  );
