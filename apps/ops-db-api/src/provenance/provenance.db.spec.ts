import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aProduct, aRawFile, aRun, aSoftwareVersion, aStep, bindInput } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('provenance over HTTP', () => {
  let api: TestApi;
  let run: number;
  let product: number;
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const software = await aSoftwareVersion(manager, {
      ...{ name: 'extract', version: '1.2.0', hostDirectory: null, command: ['extract', '--all'] },
      ...{ imageRef: 'docker://registry.example.org/extract:1.2.0', imageDigest: `sha256:${'c'.repeat(64)}` },
    });
    const raw = await aRawFile(manager, {
      name: 'raw.fits',
      contentHash: 'a'.repeat(64),
      externalId: 'archive/raw',
    });
    const dark = await aRawFile(manager, { contentHash: 'd'.repeat(64) });
    const first = await aRun(manager, {
      ...{ step: await aStep(manager, { software }), itemIds: [raw], status: 'COMPLETED' },
      config: { threshold: 3.5 },
    });
    await bindInput(manager, first, dark, { name: 'dark' });
    const made = await aProduct(manager, first, { path: 'science/clean.fits' });
    const second = await aRun(manager, { itemIds: [made], status: 'COMPLETED' });
    run = second.runId;
    product = await aProduct(manager, second, { path: 'science/map.fits', contentHash: 'e'.repeat(64) });
    // Replaced in the archive since: the product was made from what it was.
    await queryRows(
      manager,
      sql`UPDATE data_item SET content_hash = ${'b'.repeat(64)} WHERE id = ${raw} RETURNING id`,
    );
  });
  afterAll(() => api.close());

  const get = (path: string) => api.as('viewer').get(path);

  it('is PROV-JSON that leads down to the raw files by the checksums that they had', async () => {
    const { status, headers, body } = await get(`/products/${product}/provenance`);
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'application/json; charset=utf-8',
      `attachment; filename="product-${product}.prov.json"`,
    ]);
    const entities = Object.values(body.entity as Record<string, Record<string, unknown>>);
    expect(entities.flatMap((entity) => entity['meridian:sha256'] ?? [])).toEqual(
      expect.arrayContaining(['a', 'd', 'e'].map((digit) => digit.repeat(64))),
    );
    expect(JSON.stringify(body)).not.toContain('b'.repeat(64));
    expect(Object.keys(body.activity)).toHaveLength(2);
    const agents = Object.values(body.agent as Record<string, Record<string, string>>);
    expect(agents.map((agent) => agent['meridian:image_digest']).filter(Boolean)).toEqual([
      `sha256:${'c'.repeat(64)}`,
    ]);
    expect(JSON.stringify(body.activity)).toContain('threshold');
    expect(
      Object.values(body.used as Record<string, Record<string, string>>)
        .map((use) => use['prov:role'])
        .filter(Boolean),
    ).toEqual(['dark']);
  });

  it('is a crate, and a VOTable, of the same; and of a run that of all its products', async () => {
    const crate = await get(`/runs/${run}/provenance?format=ro-crate`);
    expect(crate.headers['content-type']).toBe('application/ld+json; charset=utf-8');
    const graph = JSON.parse(crate.text) as { '@graph': { '@type': string; sha256?: string }[] };
    const files = graph['@graph'].filter((node) => node['@type'] === 'File').map((node) => node.sha256);
    expect(files).toHaveLength(4);
    expect(files).toEqual(expect.arrayContaining(['a', 'd', 'e'].map((digit) => digit.repeat(64))));
    const table = await fetch(`${await api.app.getUrl()}/api/v1/products/${product}/provenance?format=ivoa`, {
      headers: { authorization: `Bearer ${await api.tokenOf('viewer')}` },
    });
    expect(table.headers.get('content-type')).toBe('application/x-votable+xml; charset=utf-8');
    expect(await table.text()).toContain('<TABLE name="Activity" utype="voprov:Activity" nrows="2">');
  });

  it('is asked for of what is there, in a format that there is', async () => {
    expect((await get('/products/999999/provenance')).body.code).toBe('product.not_found');
    expect((await get('/runs/999999/provenance')).body.code).toBe('run.not_found');
    expect((await get(`/products/${product}/provenance?format=pdf`)).status).toBe(422);
  });
});
