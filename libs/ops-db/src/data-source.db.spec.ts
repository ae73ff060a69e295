import { openTestDatabase, type TestDatabase } from './testing/index.js';

describe('opsDataSource', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('runs its statements without jit', async () => {
    expect(await db.dataSource.query('SHOW jit')).toEqual([{ jit: 'off' }]);
  });
});
