import { sql } from '@meridian/core';
import { connectDaemon } from './connect-daemon.js';
import { settleIn, takePlace } from './settle-in.js';
import { queryRow, queryRows } from './sql.js';
import { openTestDatabase, type TestDatabase } from './testing/index.js';

describe('settleIn', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('lets everybody work with a database where it was begun', async () => {
    await Promise.all(Array.from({ length: 4 }, () => settleIn(db.dataSource)));
    await settleIn(db.dataSource);
    expect(await takePlace(db.dataSource)).toBe(false);
  });

  it('refuses one that was at work elsewhere, to daemons as well, until it takes the place of the other', async () => {
    await queryRows(db.dataSource.manager, sql`UPDATE installation SET home = 'elsewhere'`);
    const refusal = {
      code: 'database.not_at_home',
      action: expect.stringContaining('migrate.js --restored') as string,
    };
    await expect(settleIn(db.dataSource)).rejects.toMatchObject(refusal);
    const daemon = connectDaemon({
      name: 'trigger-manager',
      url: db.url,
      topics: [],
      onLost: () => undefined,
    });
    await expect(daemon).rejects.toMatchObject(refusal);

    const answers = await Promise.all([takePlace(db.dataSource), takePlace(db.dataSource)]);
    expect(answers.sort()).toEqual([false, true]);
    await settleIn(db.dataSource);
    const told = sql`SELECT count(*)::int AS count FROM audit_log WHERE action = 'database.restored'`;
    expect(await queryRow(db.dataSource.manager, told)).toEqual({ count: 1 });
  });
});
