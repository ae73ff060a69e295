import { aHash, anArchive, aRow, EXECUTED_ID } from '../http/testing/an-archive.js';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('raw data packages', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await openTestApi();
    await anArchive(api);
  });
  afterEach(() => api.close());

  const create = (more: object = {}) =>
    api.as('service').post('/raw-data-packages', {
      external_id: 'pkg-1',
      executed_obs_unit_id: EXECUTED_ID,
      instrument_module: 'CHAI/LFA',
      files: [aRow(1), aRow(2)],
      ...more,
    });
  const move = (id: number, body: object) => api.as('service').patch(`/raw-data-packages/${id}`, body);

  it('bring their files, which have the dims of the package', async () => {
    const created = await create();

    expect(created.body).toMatchObject({
      state: 'WAITING',
      size_bytes: 2003,
      file_count: 2,
      instrument_module: 'CHAI/LFA',
    });
    const files = await api.as('viewer').get('/raw-data-files?raw_data_package=pkg-1');
    expect(
      (files.body.items as { dims: object; executed_obs_unit_id: string }[]).map(
        (file) => file.executed_obs_unit_id,
      ),
    ).toEqual([EXECUTED_ID, EXECUTED_ID]);
    expect(files.body.items[0].dims).toEqual({ ...created.body.dims, raw_data_file: 'file-1.fits' });
    expect(created.body.dims).toMatchObject({
      raw_data_package: 'pkg-1',
      module: 'LFA',
      source: 'M17',
      line: 'CII',
    });
  });

  it('take in files that were registered before', async () => {
    const loose = await api.as('service').post('/raw-data-files', aRow(1));
    await create();

    const file = await api.as('viewer').get(`/raw-data-files/${String(loose.body.id)}`);
    expect(file.body).toMatchObject({
      raw_data_package_external_id: 'pkg-1',
      dims: { raw_data_package: 'pkg-1', source: 'M17' },
    });
  });

  it('do not take files from each other', async () => {
    await create();
    const refused = await create({ external_id: 'pkg-2', instrument_module: 'CHAI/HFA', files: [aRow(2)] });

    expect([refused.status, refused.body.problems[0].code]).toEqual([
      422,
      'raw_data_file.in_another_package',
    ]);
    expect((await api.as('viewer').get('/raw-data-packages')).body.items).toHaveLength(1);
  });

  it('are one per executed obs unit and module', async () => {
    await create();
    const refused = await create({ external_id: 'pkg-2', files: [] });

    expect([refused.status, refused.body.code]).toEqual([409, 'raw_data_package.already_exists']);
  });

  it('end up in the archive with their tar, for good', async () => {
    const { id } = (await create()).body as { id: number };
    const transferring = await move(id, { state: 'TRANSFERRING' });
    const archived = await move(id, {
      state: 'ARCHIVED',
      location: 'archive',
      path: 'pkg-1.tar',
      sha256: aHash('d'),
      size_bytes: 4096,
    });
    const back = await move(id, { state: 'WAITING' });

    expect(transferring.body.state).toBe('TRANSFERRING');
    expect(archived.body).toMatchObject({
      state: 'ARCHIVED',
      sha256: aHash('d'),
      size_bytes: 4096,
      copies: [{ location: 'archive', path: 'pkg-1.tar', status: 'PRESENT' }],
    });
    expect([back.status, back.body.code]).toEqual([409, 'raw_data_package.illegal_transition']);
  });

  it('need both halves of a place and cannot take another item’s', async () => {
    const { id } = (await create()).body as { id: number };
    const half = await move(id, { state: 'ARCHIVED', location: 'archive' });
    const taken = await move(id, { state: 'ARCHIVED', location: 'archive', path: '2026/05/01/file-1.fits' });

    expect(half.body.problems).toEqual([
      { code: 'field.required', path: '/path', message: 'path is required with location' },
    ]);
    expect([taken.status, taken.body.problems[0].code]).toEqual([422, 'raw_data_package.path_taken']);
    expect((await api.as('viewer').get(`/raw-data-packages/${id}`)).body.state).toBe('WAITING');
  });
});
