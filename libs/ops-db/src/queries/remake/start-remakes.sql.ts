import { ACTIVE_STATUSES, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Creates a PENDING run for up to `limit` requests: the same recipe, inputs, software version and place as the run whose products are wanted, as urgent
 * as the most urgent run that waits. Returns the new runs.
 *
 * Where another run of the same sub-group is active the request waits for it: a sub-group never has two.
 */
export async function startRemakes(
  manager: EntityManager,
  { limit, actor }: { limit: number; actor: string },
): Promise<number[]> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH next AS MATERIALIZED (
      SELECT wanted.id, wanted.run_id FROM rematerialisation wanted JOIN run made_by ON made_by.id = wanted.run_id
      WHERE wanted.state = 'wanted' AND wanted.finished_at IS NULL
        AND NOT EXISTS (SELECT FROM run active WHERE active.sub_group_id = made_by.sub_group_id AND active.status = ANY(${ACTIVE_STATUSES}))
      ORDER BY wanted.id LIMIT ${limit}
      FOR UPDATE OF wanted SKIP LOCKED
    ), created AS (
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, priority, causes, dims, input_fingerprint,
        association_fingerprint, recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, remakes_run_id, moved_by, moved_why)
      SELECT made_by.pipeline_id, made_by.step_id, made_by.sub_group_id, made_by.location_id, made_by.software_version_id, made_by.input_set_id,
        greatest(made_by.priority, (SELECT max(waiting.priority) FROM rematerialisation_waiter waiter JOIN run waiting ON waiting.id = waiter.run_id
          WHERE waiter.rematerialisation_id = next.id)),
        ARRAY['rematerialise'], made_by.dims, made_by.input_fingerprint, made_by.association_fingerprint, made_by.recipe_hash, made_by.software_hash,
        made_by.config_hash, made_by.config, made_by.cpus, made_by.memory_mb, made_by.walltime_minutes, made_by.id, ${actor},
        format('makes products of run %s again', made_by.id)
      FROM next JOIN run made_by ON made_by.id = next.run_id
      ORDER BY next.id
      ON CONFLICT DO NOTHING
      RETURNING id, remakes_run_id
    )
    UPDATE rematerialisation asked SET state = 'making', remake_run_id = created.id, reason = ''
    FROM created JOIN next ON next.run_id = created.remakes_run_id
    WHERE asked.id = next.id
    RETURNING created.id`,
  );
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}
