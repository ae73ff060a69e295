import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aLocation, aPipeline, aSoftwareVersion, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';

const RAW = 'raw';

/** Tried so often that only a fault which is final by itself ends a run. */
const RETRY = { max_attempts: 40, backoff_seconds: 10 };

/** A step of a pipeline that processes below `base`, with a program that is a file. */
export async function worldStep(manager: EntityManager, base: string, program: string): Promise<BuiltStep> {
  await mkdir(join(base, RAW), { recursive: true });
  await mkdir(program, { recursive: true });
  const locationId = await aLocation(manager, { basePath: base });
  const pipeline = await aPipeline(manager, { locationId });
  const software = await aSoftwareVersion(manager, {
    hostDirectory: program,
    command: ['/bin/sh', '{software_dir}/reduce.sh', '{output_dir}'],
  });
  return aStep(manager, {
    pipeline,
    software,
    retry: RETRY,
    groupBy: ['n'],
    maxMemoryMb: 2_000_000_000,
    maxWalltimeMinutes: 100_000_000,
  });
}

/** PENDING runs numbered from `first`, each over a raw file of its own that is at the processing location. */
export async function addRuns(
  manager: EntityManager,
  step: BuiltStep,
  { base, first, count }: { base: string; first: number; count: number },
): Promise<void> {
  const last = first + count - 1;
  for (let n = first; n <= last; n += 1) await writeFile(join(base, RAW, `${n}.fits`), 'raw\n');
  await queryRows(
    manager,
    sql`
    WITH item AS (
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('n', n), encode(sha256(n::text::bytea), 'hex'), 4
      FROM generate_series(${first}::int, ${last}::int) n
      RETURNING id, name, dims, content_hash, hash_a, hash_b
    ), copy AS (
      INSERT INTO physical_copy (item_id, data_location_id, path)
      SELECT id, ${step.locationId}, ${RAW}::text || '/' || name FROM item
    ), inputs AS (
      INSERT INTO input_set (fingerprint, member_count, size_bytes) SELECT fingerprint(hash_a, hash_b), 1, 4 FROM item
      RETURNING id, fingerprint
    ), member AS (
      INSERT INTO input_set_member (input_set_id, item_id, content_hash)
      SELECT inputs.id, item.id, item.content_hash
      FROM item JOIN inputs ON inputs.fingerprint = fingerprint(item.hash_a, item.hash_b)
    ), grouped AS (
      INSERT INTO sub_group (step_id, key, dims, common_dims, state)
      SELECT ${step.stepId}, left(encode(sha256(dims::text::bytea), 'hex'), 16), dims, dims, 'running' FROM item
      RETURNING id, dims
    )
    INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, dims, input_fingerprint,
      recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, moved_by)
    SELECT ${step.pipelineId}, ${step.stepId}, grouped.id, ${step.locationId}, ${step.versionId}, inputs.id, grouped.dims,
      inputs.fingerprint, ${step.recipeHash}, ${step.softwareHash}, ${step.configHash}, '{}', 1, 1, 60, 'faults'
    FROM item JOIN grouped ON grouped.dims = item.dims
    JOIN inputs ON inputs.fingerprint = fingerprint(item.hash_a, item.hash_b)
    ORDER BY item.id`,
  );
}

/** How many runs have not ended. */
export async function openRuns(manager: EntityManager): Promise<number> {
  const row = await queryRow<{ count: number }>(
    manager,
    sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NULL`,
  );
  return row?.count ?? 0;
}
