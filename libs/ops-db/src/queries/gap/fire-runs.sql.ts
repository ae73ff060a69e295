import { sql, type JsonObject, type Recipe, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { boundInputs, recordedAssociations } from './bound-inputs.js';
import { membersOfTargets, reachOf, type StepSelection } from './step-members.js';

export interface FireRuns {
  readonly selection: StepSelection;
  /** Sub-groups that may fire (`listFireableSubGroups`). */
  readonly ids: readonly number[];
  /** Effective parameters of every role, as the runs will get them. */
  readonly config: JsonObject;
  /** Null: the step's own. It must be stored. */
  readonly recipe: Pick<Recipe, 'recipeHash' | 'configHash'> | null;
  readonly actor: string;
  readonly now: Date;
}

/** Those of the sub-groups that still want a run, locked, with their members, and what is bound to them, as they are now: `target`, `member`, `frozen`. */
const frozenInputs = ({ selection, ids }: FireRuns): SqlFragment => sql`
    target AS MATERIALIZED (
      SELECT g.id, g.dims, g.common_dims, g.causes, g.association_fingerprint
      FROM sub_group g
      WHERE g.id = ANY(${ids}::bigint[]) AND g.step_id = ${selection.stepId} AND g.state IN ('missing', 'stale')
      ORDER BY g.id FOR UPDATE OF g SKIP LOCKED
    ),
    member AS MATERIALIZED (
      SELECT sub_group_id, id AS item_id, content_hash, size_bytes, hash_a, hash_b, '' AS binding
      FROM (${membersOfTargets(selection, reachOf(selection, ids.length))}) found
      UNION ALL
      ${boundInputs}
    ),
    frozen AS MATERIALIZED (
      SELECT sub_group_id, fingerprint(sum(hash_a), sum(hash_b)) AS fingerprint, count(*)::int AS member_count, sum(size_bytes)::bigint AS size_bytes
      FROM member GROUP BY sub_group_id
    )`;

/** Every set of inputs stored once, whoever stored it first: `stored`, `listed`. */
const storedInputSets = sql`
    -- DO UPDATE, not DO NOTHING: the id is needed also when another transaction stored the same set a moment ago.
    stored AS (
      INSERT INTO input_set (fingerprint, member_count, size_bytes)
      SELECT DISTINCT ON (fingerprint, member_count) fingerprint, member_count, size_bytes FROM frozen
      ON CONFLICT (fingerprint, member_count) DO UPDATE SET size_bytes = excluded.size_bytes
      RETURNING id, fingerprint, member_count
    ),
    listed AS (
      INSERT INTO input_set_member (input_set_id, item_id, content_hash, binding)
      SELECT DISTINCT stored.id, member.item_id, member.content_hash, member.binding
      FROM member JOIN frozen USING (sub_group_id) JOIN stored USING (fingerprint, member_count)
      ON CONFLICT DO NOTHING
    )`;

/**
 * Creates a PENDING run, with its inputs frozen, for sub-groups of a step that are missing or stale.
 *
 * The inputs are read in the same statement that creates the run, so what is frozen is what was there. A sub-group
 * that has an active run is skipped by the partial unique index, whoever else fires at the same time. Returns the
 * sub-groups that got a run.
 */
export async function fireRuns(manager: EntityManager, request: FireRuns): Promise<number[]> {
  const { selection } = request;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH ${frozenInputs(request)}, ${storedInputSets},
    fired AS (
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, priority, causes, dims,
        input_fingerprint, association_fingerprint, recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, moved_by, moved_why)
      SELECT pipeline.id, step.id, target.id, pipeline.processing_location_id, step.software_version_id, stored.id, pipeline.priority, target.causes,
        target.common_dims, frozen.fingerprint, target.association_fingerprint, coalesce(${request.recipe?.recipeHash ?? null}, step.recipe_hash),
        step.software_hash, coalesce(${request.recipe?.configHash ?? null}, step.config_hash), ${JSON.stringify(request.config)}::jsonb,
        step.cpus, step.memory_mb, step.walltime_minutes, ${request.actor},
        CASE WHEN cardinality(target.causes) = 0 THEN 'missing' ELSE 'stale: ' || array_to_string(target.causes, ', ') END
      FROM target JOIN frozen ON frozen.sub_group_id = target.id JOIN stored USING (fingerprint, member_count)
      JOIN reduction_step step ON step.id = ${selection.stepId} JOIN pipeline ON pipeline.id = step.pipeline_id
      ORDER BY target.id
      ON CONFLICT DO NOTHING
      RETURNING id, sub_group_id
    ),
    explained AS (${recordedAssociations}),
    marked AS (
      UPDATE sub_group g SET state = 'running', causes = '{}', detail = jsonb_build_object('run_id', fired.id), until = NULL, last_run_id = fired.id,
        last_fired_at = ${request.now}, state_since = ${request.now}, forced_at = NULL, forced_by = NULL
      FROM fired WHERE g.id = fired.sub_group_id
    )
    SELECT sub_group_id AS id FROM fired`,
  );
  return rows.map(({ id }) => id);
}
