import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aLocation, aPipeline, aSoftwareVersion, aStep } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';

/** `count` PENDING runs of one step, each over a raw file of its own that lies at the processing location. */
export async function pendingRuns(
  manager: EntityManager,
  { base, count, name }: { base: string; count: number; name: string },
): Promise<void> {
  const folder = 'raw';
  await mkdir(join(base, folder));
  for (let n = 1; n <= count; n += 1) await writeFile(join(base, folder, `${n}.fits`), 'raw\n');
  const locationId = await aLocation(manager, { name: `bench-${name}`, basePath: base });
  const pipeline = await aPipeline(manager, { locationId });
  const software = await aSoftwareVersion(manager, { command: ['true'] });
  const step = await aStep(manager, { pipeline, software, groupBy: ['n'] });
  await queryRows(
    manager,
    sql`
    WITH item AS (
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('n', n), encode(sha256(n::text::bytea), 'hex'), 4 FROM generate_series(1, ${count}::int) n
      RETURNING id, name, dims, content_hash, hash_a, hash_b
    ),
    copy AS (
      INSERT INTO physical_copy (item_id, data_location_id, path) SELECT id, ${locationId}, ${folder}::text || '/' || name FROM item
    ),
    inputs AS (
      INSERT INTO input_set (fingerprint, member_count, size_bytes) SELECT fingerprint(hash_a, hash_b), 1, 4 FROM item RETURNING id, fingerprint
    ),
    member AS (
      INSERT INTO input_set_member (input_set_id, item_id, content_hash)
      SELECT inputs.id, item.id, item.content_hash FROM item JOIN inputs ON inputs.fingerprint = fingerprint(item.hash_a, item.hash_b)
    ),
    grouped AS (
      INSERT INTO sub_group (step_id, key, dims, common_dims, state)
      SELECT ${step.stepId}, left(encode(sha256(dims::text::bytea), 'hex'), 16), dims, dims, 'running' FROM item RETURNING id, dims
    )
    INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, dims, input_fingerprint,
      recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, moved_by)
    SELECT ${pipeline.pipelineId}, ${step.stepId}, grouped.id, ${locationId}, ${software.versionId}, inputs.id, grouped.dims, inputs.fingerprint,
      ${step.recipeHash}, ${step.softwareHash}, ${step.configHash}, '{}', 1, 1024, 60, 'bench'
    FROM item JOIN grouped ON grouped.dims = item.dims JOIN inputs ON inputs.fingerprint = fingerprint(item.hash_a, item.hash_b)`,
  );
}
