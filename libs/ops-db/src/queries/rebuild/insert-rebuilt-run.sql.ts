import {
  associationHashes,
  fingerprintOf,
  associationFingerprint,
  sql,
  type Manifest,
  type ManifestInput,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';
import { applyRecipe } from '../apply-recipe.sql.js';

export interface RebuiltInput {
  readonly itemId: number;
  readonly input: ManifestInput;
}

export interface RunToRebuild {
  readonly manifest: Manifest;
  readonly token: string;
  /** Relative to the base of the location. */
  readonly directory: string;
  readonly locationId: number;
  readonly pipelineId: number;
  readonly stepId: number;
  readonly versionId: number;
  readonly inputs: readonly RebuiltInput[];
  readonly actor: string;
}

/**
 * Makes the record of a run again as it was before its results were collected, leased to `actor`: `registerResults` goes on from there, in the same transaction.
 * Its attempt has the token that it had; it keeps its id unless another run has that by now. Returns its id.
 */
export async function insertRebuiltRun(manager: EntityManager, run: RunToRebuild): Promise<number> {
  const { manifest, actor } = run;
  const { provenance, resources } = manifest;
  await applyRecipe(manager, {
    recipeHash: provenance.recipe.hash,
    document: provenance.recipe.document,
    softwareHash: provenance.software_hash,
    configHash: provenance.config_hash,
  });
  const inputSetId = await storeInputSet(manager, run.inputs);
  await queryRow(
    manager,
    sql`SELECT setval(seq, greatest(coalesce(pg_sequence_last_value(seq), 1), ${manifest.run.id})) FROM (SELECT pg_get_serial_sequence('run', 'id')::regclass AS seq) run_ids`,
  );
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH grouped AS (
      INSERT INTO sub_group (step_id, key, dims, common_dims)
      VALUES (${run.stepId}, ${provenance.sub_group.key}, ${JSON.stringify(provenance.sub_group.dims)}::jsonb, ${JSON.stringify(manifest.run.dims)}::jsonb)
      ON CONFLICT (step_id, key) DO UPDATE SET key = excluded.key
      RETURNING id
    ), created AS (
      INSERT INTO run (id, pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, priority, causes, dims, input_fingerprint,
        association_fingerprint, recipe_hash, software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes, created_at, lease_owner,
        lease_expires_at, moved_by, moved_why)
      OVERRIDING SYSTEM VALUE
      SELECT CASE WHEN EXISTS (SELECT FROM run taken WHERE taken.id = ${manifest.run.id}) THEN nextval(pg_get_serial_sequence('run', 'id')) ELSE ${manifest.run.id} END,
        ${run.pipelineId}, ${run.stepId}, grouped.id, ${run.locationId}, ${run.versionId}, ${inputSetId}, 'COLLECTING_RESULTS', ${provenance.priority},
        ${provenance.causes}::text[], ${JSON.stringify(manifest.run.dims)}::jsonb, ${fingerprintOf(run.inputs.map(fingerprintItem))},
        ${associationFingerprint(run.inputs.flatMap(boundItem))}, ${provenance.recipe.hash}, ${provenance.software_hash}, ${provenance.config_hash},
        ${JSON.stringify(manifest.config)}::jsonb, ${manifest.run.attempt}, ${resources.cpus}, ${resources.memory_mb}, ${resources.walltime_minutes},
        ${provenance.created_at}::timestamptz, ${actor}, now() + interval '1 hour', ${actor}, 'rebuilt from its manifest'
      FROM grouped
      RETURNING id, sub_group_id
    )
    INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, submitted_at)
    SELECT id, ${manifest.run.attempt}, ${run.token}, 'unknown', ${run.directory}, ${resources.cpus}, ${resources.memory_mb}, ${resources.walltime_minutes},
      ${provenance.created_at}::timestamptz
    FROM created RETURNING run_id AS id`,
  );
  if (row === undefined) throw new Error('the run was not inserted');
  await queryRow(
    manager,
    sql`UPDATE sub_group g SET last_run_id = greatest(g.last_run_id, run.id), last_fired_at = greatest(g.last_fired_at, run.created_at)
        FROM run WHERE run.id = ${row.id} AND g.id = run.sub_group_id RETURNING g.id`,
  );
  await insertAssociations(manager, row.id, run.inputs);
  return row.id;
}

const fingerprintItem = ({ itemId, input }: RebuiltInput): { id: number; contentHash: string } => ({
  id: itemId,
  contentHash:
    input.association === undefined
      ? input.sha256
      : `${input.sha256}:${input.binding ?? ''}:${input.association.role}`,
});

const boundItem = ({ itemId, input }: RebuiltInput) =>
  input.association === undefined || input.binding === undefined
    ? []
    : [{ name: input.binding, role: input.association.role, itemId, contentHash: input.sha256 }];

async function storeInputSet(manager: EntityManager, inputs: readonly RebuiltInput[]): Promise<number> {
  const bytes = inputs.reduce((sum, { input }) => sum + input.size_bytes, 0);
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH stored AS (
      INSERT INTO input_set (fingerprint, member_count, size_bytes) VALUES (${fingerprintOf(inputs.map(fingerprintItem))}, ${inputs.length}, ${bytes})
      ON CONFLICT (fingerprint, member_count) DO UPDATE SET size_bytes = excluded.size_bytes RETURNING id
    ), listed AS (
      INSERT INTO input_set_member (input_set_id, item_id, content_hash, binding)
      SELECT stored.id, member.* FROM stored, unnest(${inputs.map(({ itemId }) => itemId)}::bigint[], ${inputs.map(({ input }) => input.sha256)}::text[],
        ${inputs.map(({ input }) => input.binding ?? '')}::text[]) AS member (item_id, content_hash, binding)
      ON CONFLICT DO NOTHING
    )
    SELECT id FROM stored`,
  );
  if (row === undefined) throw new Error('the input set was not stored');
  return row.id;
}

async function insertAssociations(
  manager: EntityManager,
  runId: number,
  inputs: readonly RebuiltInput[],
): Promise<void> {
  for (const { itemId, input } of inputs) {
    const { association, binding, sha256 } = input;
    if (association === undefined || binding === undefined) continue;
    const { role, method, offset_seconds: offset, weight } = association;
    const [a, b] = associationHashes({ name: binding, role, itemId, contentHash: sha256 });
    await queryRows(
      manager,
      sql`INSERT INTO run_association (run_id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b)
          VALUES (${runId}, ${binding}, ${itemId}, ${sha256}, ${role}, ${method}, ${offset}, ${weight}, ${String(a)}, ${String(b)}) RETURNING run_id`,
    );
  }
}
