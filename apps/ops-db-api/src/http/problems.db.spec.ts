import request from 'supertest';
import { openTestApi, type TestApi } from './testing/open-test-api.js';

describe('what goes wrong', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  it('is a problem document with a code, an action, and the request id of the header', async () => {
    const answer = await api.as('viewer').get('/sources/nobody', { 'X-Request-Id': 'my-own-id' });

    expect([answer.status, answer.type]).toEqual([404, 'application/problem+json']);
    expect(answer.headers['x-request-id']).toBe('my-own-id');
    expect(answer.body).toEqual({
      type: 'urn:meridian:problem:source.not_found',
      title: 'Not Found',
      status: 404,
      detail: 'There is no source "nobody".',
      code: 'source.not_found',
      action: 'List them: GET /api/v1/sources.',
      problems: [],
      request_id: 'my-own-id',
    });
  });

  it('names every unknown, missing and wrong field by its path', async () => {
    const answer = await api.as('operator').post('/sources', { nmae: 'M17', kind: 'COMET', ra_deg: '12' });

    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('request.invalid');
    expect(answer.body.problems).toEqual([
      { code: 'field.unknown', path: '/nmae', message: 'nmae is not a field of this request' },
      { code: 'field.required', path: '/name', message: 'name is required' },
      { code: 'field.invalid', path: '/kind', message: expect.stringContaining('FIXED, SOLAR_SYSTEM') },
      { code: 'field.invalid', path: '/ra_deg', message: expect.stringContaining('ra_deg must') },
    ]);
  });

  it('refuses an unknown query parameter, too', async () => {
    const answer = await api.as('viewer').get('/sources?limt=5');

    expect([answer.status, answer.body.problems[0].path]).toEqual([422, '/limt']);
  });

  it('refuses NUL characters before the database sees them', async () => {
    const answer = await api.as('operator').post('/observatories', { name: 'a', description: 'b\0c' });

    expect(answer.body.problems).toEqual([
      { code: 'field.invalid', path: '/description', message: 'description must not contain NUL characters' },
    ]);
  });

  it.each(['/sources/a%00b', '/sources/%ff', '/tokens/1e3', '/tokens/99999999999999999999'])(
    'is the caller’s fault for the path %s',
    async (path) => {
      const answer = await api.as('admin').get(path);

      expect([400, 404, 422]).toContain(answer.status);
      expect(answer.body.code).not.toBe('internal');
    },
  );

  it('says that JSON is malformed, and that a route does not exist', async () => {
    const server = api.app.getHttpServer();
    const headers = {
      Authorization: `Bearer ${await api.tokenOf('operator')}`,
      'Content-Type': 'application/json',
    };
    const malformed = await request(server).post('/api/v1/sources').set(headers).send('{"name": ');
    const nowhere = await request(server).get('/api/v1/nowhere').set(headers);

    expect([malformed.status, malformed.body.code]).toEqual([400, 'request.malformed']);
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'route.not_found']);
  });

  it('says that a body is too large', async () => {
    const answer = await api
      .as('operator')
      .post('/observatories', { name: 'x', description: 'y'.repeat(5_000_000) });

    expect([answer.status, answer.body.code]).toEqual([413, 'request.too_large']);
  });

  it('names a violated constraint in words, and shows neither statement nor value', async () => {
    await api.as('operator').post('/observatories', { name: 'CCAT' });
    const answer = await api
      .as('operator')
      .post('/observatories', { name: 'CCAT', description: 'secret-text' });

    expect([answer.status, answer.body.code]).toEqual([409, 'observatory.already_exists']);
    expect(answer.body.detail).toBe('This observatory exists already: observatory name is unique.');
    expect(answer.text).not.toMatch(/INSERT|secret-text|\bat \//);
  });

  it('says nothing but the request id when it is our fault', async () => {
    await api.db.dataSource.query('ALTER TABLE observing_program RENAME COLUMN lead TO leader');
    try {
      const answer = await api.as('viewer').get('/observing-programs');

      expect(answer.status).toBe(500);
      expect(answer.body).toEqual({
        type: 'urn:meridian:problem:internal',
        title: 'Internal Server Error',
        status: 500,
        detail: 'Something went wrong on our side.',
        code: 'internal',
        action: 'Report the request_id to the operators: the log has the cause under it.',
        problems: [],
        request_id: answer.headers['x-request-id'],
      });
      expect(
        api.logLines.some(
          (line) => line.includes(String(answer.headers['x-request-id'])) && line.includes('lead'),
        ),
      ).toBe(true);
    } finally {
      await api.db.dataSource.query('ALTER TABLE observing_program RENAME COLUMN leader TO lead');
    }
  });

  it('never puts a token into the log', async () => {
    const token = await api.tokenOf('viewer');
    await request(api.app.getHttpServer())
      .get(`/api/v1/sources?token=${token}`)
      .set('Authorization', `Bearer ${token}`);
    await request(api.app.getHttpServer()).get('/api/v1/sources').set('Authorization', `Bearer x${token}`);

    expect(api.logLines.join('')).not.toContain(token);
    expect(api.logLines.at(-1)).toContain('"status":401');
  });
});
