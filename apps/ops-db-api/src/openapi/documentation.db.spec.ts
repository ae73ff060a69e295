import request from 'supertest';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('the documentation', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const ask = (path: string) => request(api.app.getHttpServer()).get(path);

  it('is OpenAPI 3.1 whose references all lead somewhere', async () => {
    const { text, body } = await ask('/api/openapi.json');

    expect(body.openapi).toBe('3.1.0');
    const references = [...text.matchAll(/"\$ref":\s*"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1],
    );
    const missing = references.filter((name) => !((name ?? '') in body.components.schemas));
    expect([missing, /"nullable":\s*(true|false)/.test(text)]).toEqual([[], false]);
  });

  it('has a readable page without anything from elsewhere', async () => {
    const page = await ask('/api/docs');

    expect([page.status, page.type]).toEqual([200, 'text/html']);
    expect(page.text).toContain('<title>Meridian API</title>');
    expect(page.text).not.toMatch(/(src|href)="https?:/);
  });
});
