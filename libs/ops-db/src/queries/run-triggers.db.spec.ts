import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { aRun, openTestDatabase, type TestDatabase } from '../testing/index.js';

const MANY = 3000;

interface Explained {
  readonly Triggers: readonly { readonly 'Trigger Name': string; readonly Time: number }[];
}

describe('the triggers of runs', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  const pending = async (count: number): Promise<number[]> => {
    const { runId } = await aRun(test.dataSource.manager);
    const rows = await queryRows<{ id: number }>(
      test.dataSource.manager,
      sql`
      WITH grouped AS (
        INSERT INTO sub_group (step_id, key, dims)
        SELECT step_id, gen_random_uuid(), '{}' FROM run, generate_series(1, ${count}::int) WHERE run.id = ${runId} RETURNING id
      )
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint,
                       recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes)
      SELECT pipeline_id, step_id, grouped.id, location_id, software_version_id, input_set_id, input_fingerprint,
             recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes
      FROM run, grouped WHERE run.id = ${runId} RETURNING id`,
    );
    return rows.map(({ id }) => id);
  };

  /** Milliseconds of each trigger when these runs are cancelled in one statement. */
  async function timesOf(db: EntityManager, ids: readonly number[]): Promise<Map<string, number>> {
    const [row] = await db.query<[{ 'QUERY PLAN': [Explained] }]>(
      `EXPLAIN (ANALYZE, FORMAT JSON)
       UPDATE run SET status = 'CANCELLED', finished_at = now(), moved_by = 'test' WHERE id = ANY($1::bigint[])`,
      [ids],
    );
    return new Map(row['QUERY PLAN'][0].Triggers.map((one) => [one['Trigger Name'], one.Time]));
  }

  it('take ten times as long for ten times as many runs, and no more, also on a connection that moved one before', async () => {
    const runner = test.dataSource.createQueryRunner();
    try {
      await timesOf(runner.manager, await pending(1));
      const some = await timesOf(runner.manager, await pending(MANY / 10));
      const many = await timesOf(runner.manager, await pending(MANY));

      // Compared pair by pair, old and new rows would take a hundred times as long.
      const slow = [...many].filter(([name, time]) => time > 30 * (some.get(name) ?? 0) + 20);
      expect([many.size > 2, slow]).toEqual([true, []]);
    } finally {
      await runner.release();
    }
  });
});
