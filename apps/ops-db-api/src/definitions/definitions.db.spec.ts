import { sql } from '@meridian/core';
import { queryRow } from '@meridian/ops-db';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';
import { digest, file, software, step, wholeDatabase } from './testing/survey-file.js';

describe('definitions over HTTP', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await openTestApi();
  });
  afterEach(() => api.close());

  const apply = async (document: object, role: 'scientist' | 'viewer' = 'scientist') =>
    api.as(role).post('/definitions/apply', document);
  const stepRow = async (name: string) =>
    queryRow<{ id: number; version: string; recipe_hash: string; retired: boolean; position: number }>(
      api.db.dataSource.manager,
      sql`SELECT t.id, v.version, t.recipe_hash, t.retired_at IS NOT NULL AS retired, t.position
          FROM reduction_step t JOIN reduction_software_version v ON v.id = t.software_version_id WHERE t.name = ${name} ORDER BY t.id`,
    );
  const changesOf = (body: { kind: string; name: string; change: string; fields: string[] }[]): string[] =>
    body.map((one) => [one.kind, one.name, one.change, ...one.fields].join(' '));

  it('a new file creates everything, steps in topological order', async () => {
    const answer = await apply(file());

    expect(answer.status).toBe(200);
    expect(changesOf(answer.body)).toEqual([
      'software phot@1.0.0 created',
      'location disk created',
      'grouping m17 created',
      'pipeline survey created',
      'step survey/map created',
      'step survey/extract created',
    ]);
    const shown = await api.as('viewer').get('/pipelines/survey');
    expect(shown.headers['etag']).toBe('"1"');
    expect(shown.body).toMatchObject({ name: 'survey', enabled: true, trigger: 'CONTINUOUS', step_count: 2 });
    expect(
      shown.body.steps.map((one: { name: string; depends_on: string[] }) => [one.name, one.depends_on]),
    ).toEqual([
      ['extract', []],
      ['map', ['extract']],
    ]);
  });

  it('applying a file twice changes nothing: not a row is touched', async () => {
    await apply(file());
    const before = await wholeDatabase(api);

    const answer = await apply(file());

    expect(new Set(answer.body.map((one: { change: string }) => one.change))).toEqual(new Set(['unchanged']));
    expect(await wholeDatabase(api)).toEqual(before);
  });

  it('diff answers what apply then does, and changes nothing', async () => {
    await apply(file());
    const before = await wholeDatabase(api);
    const changed = file({
      software: [software('1.0.0'), software('1.1.0', { digest: digest('b') })],
      steps: [step('extract')],
    });

    const diff = await api.as('viewer').post('/definitions/diff', changed);

    expect(diff.status).toBe(200);
    expect(await wholeDatabase(api)).toEqual(before);
    expect((await apply(changed)).body).toEqual(diff.body);
    expect(changesOf(diff.body)).toEqual([
      'software phot@1.0.0 unchanged',
      'software phot@1.1.0 created',
      'location disk unchanged',
      'grouping m17 unchanged',
      'pipeline survey updated steps',
      'step survey/extract updated group_by software_version recipe_hash',
      'step survey/map retired',
    ]);
  });

  it('a registered version with other content is refused, and nothing of the file is written', async () => {
    await apply(file());
    const before = await wholeDatabase(api);

    const answer = await apply(
      file({ software: [software('1.0.0', { digest: digest('c') })], pipeline: { priority: 7 } }),
    );

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'software.version_immutable',
      action: expect.stringContaining('new version'),
    });
    expect(await wholeDatabase(api)).toEqual(before);
  });

  it('a program may move to another folder under its version', async () => {
    await apply(file());

    const answer = await apply(file({ software: [software('1.0.0', { host_directory: '/srv/phot' })] }));

    expect(changesOf(answer.body)).toContain('software phot@1.0.0 updated host_directory');
    expect((await api.as('viewer').get('/software/phot/versions/1.0.0')).body).toMatchObject({
      host_directory: '/srv/phot',
      used_by: ['survey/extract', 'survey/map'],
    });
  });

  it('a newer version moves steps that no pin holds, and keeps their rows', async () => {
    await apply(
      file({ steps: [step('free'), step('pinned', { version: '1.0.0' }), step('line', { version: '1.0' })] }),
    );
    const [free, pinned] = [await stepRow('free'), await stepRow('pinned')];

    const answer = await apply({
      software: [software('1.0.1', { digest: digest('b') }), software('2.0.0', { digest: digest('d') })],
    });

    expect(changesOf(answer.body)).toEqual([
      'software phot@1.0.1 created',
      'software phot@2.0.0 created',
      'pipeline survey updated steps',
      'step survey/free updated software_version recipe_hash',
      'step survey/pinned unchanged',
      'step survey/line updated software_version',
    ]);
    expect(await stepRow('free')).toEqual({
      ...free,
      version: '2.0.0',
      recipe_hash: expect.not.stringContaining(free?.recipe_hash ?? ''),
    });
    expect(await stepRow('pinned')).toEqual(pinned);
    expect(await stepRow('line')).toMatchObject({ version: '1.0.1', recipe_hash: pinned?.recipe_hash });
  });

  it('a step that comes back takes up its row', async () => {
    await apply(file());
    const before = await stepRow('map');
    await apply(file({ steps: [step('extract', { group_by: ['source'] })] }));
    expect(await stepRow('map')).toMatchObject({ id: before?.id, retired: true });

    const answer = await apply(file());

    expect(changesOf(answer.body)).toContain('step survey/map created depends_on');
    expect(await stepRow('map')).toEqual(before);
  });

  it('a default that is written out, and a runtime parameter, change no recipe', async () => {
    await apply(file());
    const before = await stepRow('extract');

    await apply(
      file({
        steps: [
          step('map', { depends_on: ['extract'] }),
          step('extract', { group_by: ['source'], config: { aperture: 3, workers: 9 } }),
        ],
      }),
    );
    expect((await stepRow('extract'))?.recipe_hash).toBe(before?.recipe_hash);

    await apply(
      file({
        steps: [
          step('map', { depends_on: ['extract'] }),
          step('extract', { group_by: ['source'], config: { aperture: 4 } }),
        ],
      }),
    );
    expect((await stepRow('extract'))?.recipe_hash).not.toBe(before?.recipe_hash);
  });

  it('two files applied at once are applied one after the other', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => apply(file({ pipeline: { priority: n } }))));

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    const changes = answers.map((answer) =>
      changesOf(answer.body).find((line) => line.startsWith('pipeline')),
    );
    expect(changes.sort()).toEqual([
      'pipeline survey created',
      ...Array<string>(3).fill('pipeline survey updated priority'),
    ]);
  });

  it('viewers may not apply, and a file that says nothing of enabled keeps what an operator set', async () => {
    expect((await apply(file(), 'viewer')).status).toBe(403);
    await apply(file());
    await api.as('operator').post('/pipelines/survey/disable');

    expect(changesOf((await apply(file())).body)).toContain('pipeline survey unchanged');
    expect((await api.as('viewer').get('/pipelines/survey')).body.enabled).toBe(false);
  });
});
