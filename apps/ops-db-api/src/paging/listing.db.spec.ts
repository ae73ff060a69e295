import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

interface Named {
  readonly name: string;
}

describe('a list', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    for (let n = 1; n <= 7; n += 1)
      await api.as('operator').post('/observatories', { name: `observatory-${n}` });
  });
  afterAll(() => api.close());

  const namesOf = (items: readonly Named[]): string[] => items.map(({ name }) => name);
  const names = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `observatory-${from + index}`);

  it('comes in pages that end with null', async () => {
    const pages: string[][] = [];
    let next: string | null = '';
    while (next !== null) {
      const answer = await api
        .as('viewer')
        .get(`/observatories?limit=3${next === '' ? '' : `&cursor=${next}`}`);
      pages.push(namesOf(answer.body.items as Named[]));
      next = answer.body.next as string | null;
    }

    expect(pages).toEqual([names(1, 3), names(4, 6), names(7, 7)]);
  });

  it('has no next page when the last one is full', async () => {
    const answer = await api.as('viewer').get('/observatories?limit=7');

    expect(answer.body.next).toBeNull();
  });

  it('neither repeats nor misses a row when rows before the cursor go away', async () => {
    const first = await api.as('viewer').get('/observatories?limit=3');
    await api.db.dataSource.query(`DELETE FROM observatory WHERE name = 'observatory-2'`);

    const second = await api.as('viewer').get(`/observatories?limit=3&cursor=${String(first.body.next)}`);

    expect(namesOf(second.body.items as Named[])).toEqual(names(4, 6));
    await api.as('operator').post('/observatories', { name: 'observatory-8' });
  });

  it.each(['nonsense', 'WyJhIl0', 'W10', 'e30'])('refuses the invented cursor %s', async (cursor) => {
    const json = await api.as('viewer').get(`/observatories?cursor=${cursor}`);
    const ndjson = await api
      .as('viewer')
      .get(`/observatories?cursor=${cursor}`, { Accept: 'application/x-ndjson' });

    expect([json.status, json.body.code]).toEqual([422, 'paging.bad_cursor']);
    expect([ndjson.status, ndjson.type]).toEqual([422, 'application/problem+json']);
  });

  it.each(['0', '1001', 'ten', '1.5', ''])('refuses the limit %p', async (limit) => {
    const answer = await api.as('viewer').get(`/observatories?limit=${limit}`);

    expect([answer.status, answer.body.problems[0].path]).toEqual([422, '/limit']);
  });

  it('streams every row as NDJSON when asked to', async () => {
    const answer = await api.as('viewer').get('/observatories?limit=2', { Accept: 'application/x-ndjson' });

    expect([answer.status, answer.type]).toEqual([200, 'application/x-ndjson']);
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Named);
    expect(namesOf(lines)).toEqual([...names(1, 1), ...names(3, 8)]);
  });

  it('streams nothing for an empty list', async () => {
    const answer = await api.as('viewer').get('/sources', { Accept: 'application/x-ndjson' });

    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});
