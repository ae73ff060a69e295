import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aStep, nextNumber } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';

export const LEASE_OWNER = 'bench-collector';

export interface CollectableRun {
  readonly runId: number;
  readonly attempt: number;
}

/** `count` runs of one new step whose jobs have ended, leased by `LEASE_OWNER`, each over `inputs` raw files of its own, which the inputs frozen with it name. */
export async function collectableRuns(
  manager: EntityManager,
  { count, inputs }: { count: number; inputs: number },
): Promise<CollectableRun[]> {
  const step = await aStep(manager);
  return manager.transaction(async (transaction) => {
    await rawFiles(transaction, { count, inputs });
    await queryRows(
      transaction,
      sql`
      CREATE TEMPORARY TABLE bench_run ON COMMIT DROP AS
      SELECT n, nextval(pg_get_serial_sequence('run', 'id')) AS run_id, nextval(pg_get_serial_sequence('input_set', 'id')) AS input_set_id,
        nextval(pg_get_serial_sequence('sub_group', 'id')) AS sub_group_id, fingerprint(sum(hash_a), sum(hash_b)) AS fingerprint
      FROM bench_member GROUP BY n`,
    );
    for (const statement of [
      sql`INSERT INTO input_set (id, fingerprint, member_count, size_bytes) OVERRIDING SYSTEM VALUE
          SELECT input_set_id, fingerprint, ${inputs}, ${inputs * 100} FROM bench_run`,
      sql`INSERT INTO input_set_member (input_set_id, item_id, content_hash)
          SELECT input_set_id, id, content_hash FROM bench_member JOIN bench_run USING (n)`,
      sql`INSERT INTO sub_group (id, step_id, key, dims, common_dims, state, member_count) OVERRIDING SYSTEM VALUE
          SELECT sub_group_id, ${step.stepId}, left(md5(n::text), 16), jsonb_build_object('n', n), jsonb_build_object('n', n), 'running', ${inputs}
          FROM bench_run`,
      sql`INSERT INTO run (id, pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, dims, input_fingerprint,
            recipe_hash, software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes, lease_owner, lease_expires_at, moved_by)
          OVERRIDING SYSTEM VALUE
          SELECT run_id, ${step.pipelineId}, ${step.stepId}, sub_group_id, ${step.locationId}, ${step.versionId}, input_set_id, 'COLLECTING_RESULTS',
            jsonb_build_object('n', n), fingerprint, ${step.recipeHash}, ${step.softwareHash}, ${step.configHash}, '{}', 1, 1, 1024, 60,
            ${LEASE_OWNER}, 'infinity', 'bench' FROM bench_run`,
      sql`INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, submitted_at)
          SELECT run_id, 1, 'mrd-' || run_id || '-1', 'job-' || run_id, 'p/g/s/' || run_id || '.1', 1, 1024, 60, now() FROM bench_run`,
    ])
      await queryRows(transaction, statement);
    const rows = await queryRows<{ runId: number }>(
      transaction,
      sql`SELECT run_id AS "runId" FROM bench_run ORDER BY run_id`,
    );
    return rows.map(({ runId }) => ({ runId, attempt: 1 }));
  });
}

async function rawFiles(
  manager: EntityManager,
  { count, inputs }: { count: number; inputs: number },
): Promise<void> {
  const prefix = `bench-${nextNumber()}`;
  await queryRows(
    manager,
    sql`
    CREATE TEMPORARY TABLE bench_member ON COMMIT DROP AS
    WITH item AS (
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes, obs_time)
      SELECT 'RAW_DATA_FILE', ${prefix} || '-' || n || '-' || k, jsonb_build_object('n', n, 'k', k),
        encode(sha256((${prefix} || n || '-' || k)::bytea), 'hex'), 100, now()
      FROM generate_series(1, ${count}::int) n, generate_series(1, ${inputs}::int) k
      RETURNING id, dims, content_hash, hash_a, hash_b
    )
    SELECT id, (dims ->> 'n')::int AS n, content_hash, hash_a, hash_b FROM item`,
  );
}
