import { RUN_TRANSITIONS } from '@meridian/core';
import { queryRows } from './sql.js';
import { openTestDatabase, type TestDatabase } from './testing/index.js';
import { sql } from '@meridian/core';

describe('the schema', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('holds the same run transitions as the table in core', async () => {
    const rows = await queryRows<{ from: string; to: string }>(
      db.dataSource.manager,
      sql`SELECT from_status AS "from", to_status AS "to" FROM run_transition`,
    );

    const inCore = Object.entries(RUN_TRANSITIONS).flatMap(([from, targets]) =>
      targets.map((to) => `${from}→${to}`),
    );
    expect(rows.map((row) => `${row.from}→${row.to}`).sort()).toEqual(inCore.sort());
  });
});
