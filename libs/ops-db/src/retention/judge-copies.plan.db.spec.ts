import { reasonToKeep, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { claimAttemptsToClear } from '../queries/retention/claim-attempts-to-clear.sql.js';
import { listCopiesBeingDeleted } from '../queries/retention/list-copies-being-deleted.sql.js';
import { listPurgeCandidates } from '../queries/retention/list-purge-candidates.sql.js';
import { queryRows } from '../sql.js';
import {
  aPipeline,
  aRun,
  aStep,
  aSubGroup,
  explainStatements,
  longReads,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { judgeCopies } from './judge-copies.js';

const FILES = 20_000;
const BATCH = 200;
const TABLES = new Set(
  'physical_copy data_item data_product run attempt input_set_member sub_group publication sub_group_association run_association purge_decision'.split(
    ' ',
  ),
);

describe('what a purge asks of a large archive', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let maker: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    const pipeline = await aPipeline(db);
    maker = await aStep(db, { pipeline, retention: { rules: [{ keep: 'until_downstream' }] } });
    const taker = await aStep(db, { pipeline, dependsOn: [maker] });
    await made(maker, taker);
    await db.query('ANALYZE');
  }, 300_000);
  afterAll(() => test.close());

  /** As many products, each of a run of its own that ended long ago, and taken by another run. */
  async function made(by: BuiltStep, takenBy: BuiltStep): Promise<void> {
    const first = await aRun(db, { step: by, status: 'COMPLETED' });
    const subGroupId = await aSubGroup(db, { step: takenBy, state: 'current' });
    const second = await aRun(db, { step: takenBy, status: 'COMPLETED', subGroupId });
    const copyOf = (run: { runId: number }, stepId: number, state: string) => sql`
      WITH grouped AS (
        INSERT INTO sub_group (step_id, key, dims, state) SELECT ${stepId}::bigint, 'k' || n, '{}', ${state}::text FROM generate_series(1, ${FILES}::int) AS n RETURNING id, key
      ), stored AS (
        INSERT INTO input_set (fingerprint, member_count, size_bytes) SELECT ${stepId}::text || key, 1, 1 FROM grouped RETURNING id, fingerprint
      )
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint, recipe_hash, software_hash,
        config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at, attempt)
      SELECT pipeline_id, step_id, grouped.id, location_id, software_version_id, stored.id, input_fingerprint, recipe_hash, software_hash,
        config_hash, config, 1, 1, 1, 'COMPLETED', now(), 1
      FROM run, grouped JOIN stored ON stored.fingerprint = ${stepId}::text || key WHERE run.id = ${run.runId} RETURNING id`;
    await queryRows(db, copyOf(first, by.stepId, 'current'));
    await queryRows(db, copyOf(second, takenBy.stepId, 'current'));
    await queryRows(
      db,
      sql`UPDATE sub_group SET last_completed_run_id = run.id FROM run WHERE run.sub_group_id = sub_group.id AND run.step_id = ${takenBy.stepId} RETURNING run.id`,
    );
    await queryRows(
      db,
      sql`
      WITH makers AS (
        SELECT id AS run_id, row_number() OVER (ORDER BY id) AS n, input_set_id FROM run WHERE step_id = ${by.stepId} AND id <> ${first.runId}
      ), item AS (
        INSERT INTO data_item (kind, name, content_hash, size_bytes) SELECT 'DATA_PRODUCT', n::text, repeat('a', 64), 100 FROM makers ORDER BY n RETURNING id, name
      ), product AS (
        INSERT INTO data_product (item_id, run_id, attempt, type, path) SELECT item.id, run_id, 1, 'INTERMEDIATE', 'a.fits' FROM item JOIN makers ON n::text = name
      ), copy AS (
        INSERT INTO physical_copy (item_id, data_location_id, path, verified_at) SELECT id, ${by.locationId}, 'p/' || name, now() FROM item
      ), attempts AS (
        INSERT INTO attempt (run_id, number, token, directory, cpus, memory_mb, walltime_minutes, ended_at)
        SELECT run_id, 1, 't' || n, 'p/' || n, 1, 1, 1, now() - interval '1 day' FROM makers
      ), raw AS (
        INSERT INTO input_set_member (input_set_id, item_id, content_hash) SELECT input_set_id, ${first.itemIds[0]}, repeat('a', 64) FROM makers
      ), takers AS (
        SELECT input_set_id, row_number() OVER (ORDER BY id) AS n FROM run WHERE step_id = ${takenBy.stepId} AND id <> ${second.runId}
      )
      INSERT INTO input_set_member (input_set_id, item_id, content_hash)
      SELECT takers.input_set_id, item.id, repeat('a', 64) FROM item JOIN takers ON n::text = name RETURNING item_id`,
    );
  }

  const candidates = (manager: EntityManager) =>
    listPurgeCandidates(manager, { locationId: maker.locationId, after: FILES / 2, limit: BATCH });

  it('is a little of each table, in proportion to the batch and not to the archive', async () => {
    let reasons: unknown[] = [];
    const statements = await explainStatements(db, async (manager) => {
      const copyIds = await candidates(manager);
      const judged = await judgeCopies(manager, { copyIds, isLocking: true });
      reasons = judged.map(({ candidate }) => reasonToKeep(candidate));
      await listCopiesBeingDeleted(manager, { locationId: maker.locationId, limit: BATCH });
      await claimAttemptsToClear(manager, { owner: 'c', leaseSeconds: 60, after: null, limit: BATCH });
    });
    expect(reasons).toEqual(Array<null>(BATCH).fill(null));
    expect(longReads(statements, { tables: TABLES, mostRows: 4 * BATCH })).toEqual([]);
  });
});
