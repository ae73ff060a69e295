import { sql, type StoredDefinitions } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** In the words of a definitions file. */
const TRIGGER = sql`CASE WHEN p.trigger_config IS NULL THEN to_jsonb(p.trigger_type)
            ELSE jsonb_build_object('cron', p.trigger_config ->> 'expression', 'timezone', p.trigger_config ->> 'timezone') END`;

/** The steps of pipeline `p`, retired ones included, as one JSON list. */
const STEPS = sql`
          SELECT jsonb_agg(jsonb_build_object(
            'id', t.id, 'isRetired', t.retired_at IS NOT NULL, 'position', t.position, 'softwareVersion', v.version,
            'recipeHash', t.recipe_hash, 'definition', jsonb_build_object(
              'name', t.name, 'software', s.name, 'version', t.version_pin, 'version_policy', t.version_policy,
              'depends_on', (
                SELECT coalesce(jsonb_agg(u.name ORDER BY u.name COLLATE "C"), '[]')
                FROM reduction_step_dependency d JOIN reduction_step u ON u.id = d.upstream_step_id WHERE d.step_id = t.id),
              'group_by', t.group_by, 'config', c.parameters, 'inputs', t.inputs, 'upstream_policy', t.upstream_policy,
              'cooldown_seconds', t.cooldown_seconds, 'settle_seconds', t.settle_seconds, 'min_members', t.min_members,
              'expect', t.expect, 'max_wait_seconds', t.max_wait_seconds, 'associations', t.associations,
              'resources', jsonb_build_object('cpus', t.cpus, 'memory_mb', t.memory_mb, 'walltime_minutes', t.walltime_minutes,
                'max_memory_mb', t.max_memory_mb, 'max_walltime_minutes', t.max_walltime_minutes),
              'retry', t.retry, 'outputs', t.outputs,
              'quality', t.quality, 'publication', t.publication, 'retention', t.retention, 'max_active_runs', t.max_active_runs, 'pool', t.pool)) ORDER BY t.position, t.id) AS list
          FROM reduction_step t
          JOIN reduction_software s ON s.id = t.software_id
          JOIN reduction_software_version v ON v.id = t.software_version_id
          JOIN reduction_step_config c ON c.id = t.config_id
          WHERE t.pipeline_id = p.id`;

/**
 * Everything that a definitions file can say, as it is stored, in the words of the file and in one snapshot.
 *
 * Of every pipeline the retired steps are included, oldest first: a step that comes back takes up its row.
 */
export async function loadStoredDefinitions(manager: EntityManager): Promise<StoredDefinitions> {
  const row = await queryRow<{ definitions: StoredDefinitions }>(
    manager,
    sql`
    SELECT jsonb_build_object(
      'software', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', v.id, 'definition', jsonb_build_object(
          'name', s.name, 'description', s.description, 'version', v.version, 'image', v.image_ref,
          'host_directory', v.host_directory, 'image_digest', v.image_digest, 'digest', v.digest, 'command', v.command, 'environment', v.environment,
          'config_schema', v.config_schema, 'exit_codes', v.exit_codes, 'tables', v.tables)) ORDER BY v.id)
        FROM reduction_software_version v JOIN reduction_software s ON s.id = v.software_id), '[]'),
      'locations', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', l.id, 'definition', jsonb_build_object(
          'name', l.name, 'kind', l.kind, 'base_path', l.base_path, 'backend', l.backend, 'backend_config', l.backend_config,
          'runtime', l.runtime, 'staging', l.staging, 'max_active_runs', l.max_active_runs,
          'max_jobs_in_queue', l.max_jobs_in_queue, 'capacity', l.capacity_bytes, 'high_water', l.high_water_bytes, 'low_water', l.low_water_bytes)) ORDER BY l.id)
        FROM data_location l), '[]'),
      'pools', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', o.id, 'definition', jsonb_build_object('name', o.name, 'slots', o.slots)) ORDER BY o.id)
        FROM run_pool o), '[]'),
      'groupings', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', g.id, 'definition', jsonb_build_object(
          'name', g.name, 'description', g.description, 'filter', g.filter)) ORDER BY g.id)
        FROM data_grouping g), '[]'),
      'pipelines', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', p.id, 'definition', jsonb_build_object(
          'name', p.name, 'description', p.description, 'grouping', g.name, 'location', l.name,
          'trigger', ${TRIGGER}, 'priority', p.priority, 'enabled', p.enabled), 'steps', coalesce(steps.list, '[]')) ORDER BY p.id)
        FROM pipeline p
        JOIN data_grouping g ON g.id = p.data_grouping_id
        JOIN data_location l ON l.id = p.processing_location_id
        LEFT JOIN LATERAL (${STEPS}
        ) AS steps ON true), '[]')
    ) AS definitions
  `,
  );
  if (row === undefined) throw new Error('a SELECT without FROM returned no row');
  return row.definitions;
}
