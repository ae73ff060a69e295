import { rawSql, sql, type JsonObject, type PlannedStep, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

const COLUMNS =
  rawSql(`pipeline_id, name, position, software_id, software_version_id, version_pin, version_policy, config_id,
  group_by, inputs, upstream_policy, cooldown_seconds, settle_seconds, min_members, expect, max_wait_seconds, associations, cpus, memory_mb,
  walltime_minutes, max_memory_mb, max_walltime_minutes, retry, outputs, quality, publication, retention, max_active_runs, pool, recipe_hash, software_hash, config_hash`);

/**
 * Writes one step of a pipeline and its parameters: a new row, or the row with `step.id`, which lives again if it was retired.
 *
 * The row is the step's identity: its sub-groups and their history stay whatever changes in it, and so does a pause. Its software
 * version, its recipe and its pool must be stored by now; what it depends on is `setStepDependencies`.
 */
export async function applyStep(
  manager: EntityManager,
  pipelineId: number,
  step: PlannedStep,
): Promise<void> {
  const row = await queryRow<{ id: number }>(
    manager,
    step.id === null ? insertion(pipelineId, step) : update(pipelineId, step),
  );
  if (row === undefined)
    throw new Error(`step ${step.definition.name} was not stored: its software version is missing`);
}

const insertion = (pipelineId: number, step: PlannedStep): SqlFragment => sql`
    WITH config AS (
      INSERT INTO reduction_step_config (parameters) VALUES (${JSON.stringify(step.definition.config)}::jsonb) RETURNING id
    ), step_row AS (${stepRow(pipelineId, step)})
    INSERT INTO reduction_step (${COLUMNS}) SELECT ${COLUMNS} FROM step_row RETURNING id`;

const update = (pipelineId: number, step: PlannedStep): SqlFragment => sql`
    WITH config AS (
      UPDATE reduction_step_config SET
        updated_at = CASE WHEN parameters = ${JSON.stringify(step.definition.config)}::jsonb THEN updated_at ELSE now() END,
        parameters = ${JSON.stringify(step.definition.config)}::jsonb
      WHERE id = (SELECT config_id FROM reduction_step WHERE id = ${step.id})
      RETURNING id
    ), step_row AS (${stepRow(pipelineId, step)})
    UPDATE reduction_step SET (${COLUMNS}) = (SELECT ${COLUMNS} FROM step_row), retired_at = NULL, updated_at = now()
    WHERE id = ${step.id}
    RETURNING id`;

const orNull = (document: JsonObject | null): string | null =>
  document === null ? null : JSON.stringify(document);

/** The values of COLUMNS; `config` is the statement's own table with the id of the step's parameters. */
function stepRow(pipelineId: number, { definition, position, software, recipe }: PlannedStep): SqlFragment {
  const { resources } = definition;
  return sql`
      SELECT ${pipelineId}::bigint AS pipeline_id, ${definition.name}::text AS name, ${position}::integer AS position,
        v.software_id, v.id AS software_version_id, ${definition.version}::text AS version_pin,
        ${definition.version_policy}::text AS version_policy, config.id AS config_id,
        ${JSON.stringify(definition.group_by)}::jsonb AS group_by, ${JSON.stringify(definition.inputs)}::jsonb AS inputs,
        ${definition.upstream_policy}::text AS upstream_policy, ${definition.cooldown_seconds}::integer AS cooldown_seconds,
        ${definition.settle_seconds}::integer AS settle_seconds, ${definition.min_members}::integer AS min_members,
        ${orNull(definition.expect)}::jsonb AS expect,
        ${definition.max_wait_seconds}::integer AS max_wait_seconds, ${JSON.stringify(definition.associations)}::jsonb AS associations,
        ${resources.cpus}::integer AS cpus, ${resources.memory_mb}::integer AS memory_mb,
        ${resources.walltime_minutes}::integer AS walltime_minutes, ${resources.max_memory_mb}::integer AS max_memory_mb,
        ${resources.max_walltime_minutes}::integer AS max_walltime_minutes, ${JSON.stringify(definition.retry)}::jsonb AS retry,
        ${JSON.stringify(definition.outputs)}::jsonb AS outputs, ${JSON.stringify(definition.quality)}::jsonb AS quality,
        ${orNull(definition.publication)}::jsonb AS publication, ${orNull(definition.retention)}::jsonb AS retention,
        ${definition.max_active_runs}::integer AS max_active_runs,
        ${definition.pool}::text AS pool,
        ${recipe.recipeHash}::text AS recipe_hash, ${recipe.softwareHash}::text AS software_hash,
        ${recipe.configHash}::text AS config_hash
      FROM config, reduction_software_version v JOIN reduction_software s ON s.id = v.software_id
      WHERE s.name = ${software.name} AND v.version = ${software.version}`;
}
