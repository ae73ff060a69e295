import { sql, type JsonObject, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { stepMembers, type StepSelection } from './step-members.js';

export interface FireRuns {
  readonly selection: StepSelection;
  /** Effective parameters of every role, as the runs will get them. */
  readonly config: JsonObject;
  readonly actor: string;
  readonly now: Date;
  readonly limit: number;
}

/** Sub-groups that may fire, locked, with their members as they are now: `firing`, `member`, `frozen`. */
const frozenInputs = ({ selection, limit }: FireRuns): SqlFragment => sql`
    firing AS MATERIALIZED (
      SELECT g.id, g.dims, g.common_dims, g.causes
      FROM sub_group g JOIN reduction_step step ON step.id = g.step_id JOIN pipeline ON pipeline.id = step.pipeline_id
      WHERE g.step_id = ${selection.stepId} AND g.state IN ('missing', 'stale')
        AND (pipeline.trigger_type = 'CONTINUOUS' OR EXISTS (
          SELECT FROM trigger_request asked WHERE asked.pipeline_id = pipeline.id AND asked.closed_at IS NULL
            AND g.common_dims @> asked.selection AND (asked.step_names IS NULL OR step.name = ANY(asked.step_names))))
      ORDER BY g.id LIMIT ${limit}
      FOR UPDATE OF g SKIP LOCKED
    ),
    member AS MATERIALIZED (
      SELECT firing.id AS sub_group_id, m.id AS item_id, m.content_hash, m.size_bytes, m.hash_a, m.hash_b
      FROM (${stepMembers(selection)}) m JOIN firing ON firing.dims = m.key_dims
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
      INSERT INTO input_set_member (input_set_id, item_id, content_hash)
      SELECT DISTINCT stored.id, member.item_id, member.content_hash
      FROM member JOIN frozen USING (sub_group_id) JOIN stored USING (fingerprint, member_count)
      ON CONFLICT DO NOTHING
    )`;

/**
 * Creates a PENDING run, with its inputs frozen, for up to `limit` sub-groups of a step that are missing or stale and
 * may fire: those of CONTINUOUS pipelines, and those that an open trigger request selects.
 *
 * The inputs are read in the same statement that creates the run, so what is frozen is what was there. A sub-group
 * that has an active run is skipped by the partial unique index, whoever else fires at the same time. Returns the new
 * runs' number.
 */
export async function fireRuns(manager: EntityManager, request: FireRuns): Promise<number> {
  const { selection } = request;
  const rows = await queryRows<{ fired: number }>(
    manager,
    sql`
    WITH ${frozenInputs(request)}, ${storedInputSets},
    fired AS (
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, priority, causes, dims,
        input_fingerprint, recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, moved_by, moved_why)
      SELECT pipeline.id, step.id, firing.id, pipeline.processing_location_id, step.software_version_id, stored.id, pipeline.priority, firing.causes,
        firing.common_dims, frozen.fingerprint, step.recipe_hash, step.software_hash, step.config_hash, ${JSON.stringify(request.config)}::jsonb,
        step.cpus, step.memory_mb, step.walltime_minutes, ${request.actor},
        CASE WHEN cardinality(firing.causes) = 0 THEN 'missing' ELSE 'stale: ' || array_to_string(firing.causes, ', ') END
      FROM firing JOIN frozen ON frozen.sub_group_id = firing.id JOIN stored USING (fingerprint, member_count)
      JOIN reduction_step step ON step.id = ${selection.stepId} JOIN pipeline ON pipeline.id = step.pipeline_id
      ORDER BY firing.id
      ON CONFLICT DO NOTHING
      RETURNING id, sub_group_id
    ),
    marked AS (
      UPDATE sub_group g SET state = 'running', causes = '{}', detail = jsonb_build_object('run_id', fired.id), until = NULL, last_run_id = fired.id,
        last_fired_at = ${request.now}, state_since = ${request.now}, forced_at = NULL, forced_by = NULL
      FROM fired WHERE g.id = fired.sub_group_id
    )
    SELECT count(*)::int AS fired FROM fired`,
  );
  return rows[0]?.fired ?? 0;
}
