import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import {
  aPool,
  aRun,
  aStep,
  explainStatements,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { claimRuns } from './claim-runs.sql.js';

describe('claimRuns, by its plan', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    step = await aStep(db);
    const { runId } = await aRun(db, { step });
    await queryRows(
      db,
      sql`
      WITH waiting AS (
        INSERT INTO sub_group (step_id, key, dims) SELECT ${step.stepId}, 'k' || n, '{}' FROM generate_series(1, 20000) AS n RETURNING id
      )
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint,
                       recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes)
      SELECT pipeline_id, step_id, waiting.id, location_id, software_version_id, input_set_id, input_fingerprint,
             recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes
      FROM run, waiting WHERE run.id = ${runId}
      RETURNING run.id`,
    );
    await aPool(db, 1000, 'gpu');
    await db.query('ANALYZE');
  });
  afterAll(() => test.close());

  it.each([
    ['', sql`UPDATE reduction_step SET pool = NULL RETURNING id`],
    [' of a step in a pool', sql`UPDATE reduction_step SET pool = 'gpu' RETURNING id`],
  ])('reads no more of a long queue%s than it takes', async (_, inPool) => {
    await queryRows(
      db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL WHERE status = 'STAGING_DATA'`,
    );
    await queryRows(db, inPool);
    const request = { actor: 'm', leaseOwner: 'm', leaseSeconds: 30, locationIds: [step.locationId] };
    const statements = await explainStatements(db, (manager) =>
      claimRuns(manager, { ...request, limit: 20 }),
    );
    const taken = await queryRow<{ n: number }>(
      db,
      sql`SELECT count(*)::int AS n FROM run WHERE status = 'STAGING_DATA'`,
    );
    expect(taken).toEqual({ n: 20 });
    const read = statements
      .flatMap(({ nodes }) => nodes)
      .filter((node) => node['Index Name'] === 'pending_run_by_urgency');
    expect(read.map((node) => node['Actual Rows'])).toEqual([20]);
  });
});
