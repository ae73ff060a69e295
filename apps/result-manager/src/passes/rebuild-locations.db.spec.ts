import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildManifest, jobToken, manifestText, sql, type ManifestInput } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { findRebuild, queryRow, queryRows, requestRebuild } from '@meridian/ops-db';
import { aPipeline, aRawFile, aRun, aSoftwareVersion, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { RebuildLocationsPass } from './rebuild-locations.pass.js';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const DIGEST = `sha256:${'b'.repeat(64)}`;
const INSTALLATION = 'lost1234';

describe('the rebuild of a location', () => {
  let shop: Workshop;
  let step: BuiltStep;
  let names: { pipeline: string; step: string; software: string; version: string };
  beforeEach(async () => {
    shop = await Workshop.open();
    const software = await aSoftwareVersion(shop.db, { digest: DIGEST });
    const pipeline = await aPipeline(shop.db, { locationId: shop.pipeline.locationId });
    step = await aStep(shop.db, { pipeline, software });
    const row = await queryRow<typeof names>(
      shop.db,
      sql`SELECT pipeline.name AS pipeline, step.name AS step, software.name AS software, version.version
          FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id JOIN reduction_software_version version ON version.id = step.software_version_id
          JOIN reduction_software software ON software.id = version.software_id WHERE step.id = ${step.stepId}`,
    );
    if (row === undefined) throw new Error('there is no such step');
    names = row;
  });
  afterEach(() => shop.close());

  interface Left {
    readonly runId: number;
    readonly attempt?: number;
    readonly inputs?: readonly ManifestInput[];
    readonly files?: Readonly<Record<string, string>>;
    readonly exitCode?: number;
    readonly remakes?: number;
    readonly version?: string;
    readonly key?: string;
    /** Without the record that a job writes when it ends. */
    readonly isUnfinished?: boolean;
  }
  const tokenOf = (runId: number, attempt = 1) => jobToken({ installation: INSTALLATION, runId, attempt });
  const directoryOf = (runId: number, attempt = 1): string => `p/g/s/${INSTALLATION}-${runId}.${attempt}`;
  const rawInput = (externalId: string, more: Partial<ManifestInput> = {}): ManifestInput => ({
    ...{ id: 900, name: `${externalId}.fits`, path: '/in', size_bytes: 3, sha256: sha256('raw'), dims: {} },
    ...{ role: 'member' as const, product_type: null, external_id: externalId, ...more },
  });

  const productInput = (runId: number, file: string, content: string): ManifestInput => {
    return {
      ...{ id: 901, name: 'a.fits', path: '/in', size_bytes: 4, sha256: sha256(content), dims: {} },
      ...{ role: 'upstream', product_type: 'SCIENCE', made_by: { token: tokenOf(runId), path: file } },
    };
  };

  /** What an attempt of a database that is lost left on disk. */
  async function aLeftAttempt(left: Left): Promise<void> {
    const { runId, attempt = 1, inputs = [rawInput('raw-a')], files = { 'science/a.fits': 'made' } } = left;
    const directory = path.join(shop.basePath, directoryOf(runId, attempt));
    for (const inner of ['config', 'output']) await mkdir(path.join(directory, inner), { recursive: true });
    const manifest = buildManifest({
      ...{ runId, attempt, runDims: { n: 1 }, pipeline: names.pipeline, step: names.step, isFinalStep: true },
      software: { name: names.software, version: left.version ?? names.version, digest: DIGEST },
      ...{ config: {}, resources: { cpus: 1, memoryMb: 10, walltimeMinutes: 5 }, inputs, outputs: {} },
      provenance: {
        location: 'cluster',
        sub_group: { key: left.key ?? '1f3c9a2b44d5e6f7', dims: { n: 1 } },
        recipe: { hash: 'c'.repeat(64), document: { software: {}, config: {} } },
        ...{ software_hash: 'd'.repeat(64), config_hash: 'e'.repeat(64), priority: 0, causes: [] },
        ...{ created_at: '2026-05-01T00:00:00.000Z', remakes_run: left.remakes ?? null },
      },
    });
    await writeFile(path.join(directory, 'config/manifest.json'), manifestText(manifest));
    if (left.isUnfinished === true) return;
    const run = { runId, attempt, directory: directoryOf(runId, attempt), token: tokenOf(runId, attempt) };
    await mkdir(path.join(directory, 'logs'), { recursive: true });
    await shop.leave(
      { ...run, step, subGroupId: 0, inputSetId: 0, itemIds: [] },
      { files, exitCode: left.exitCode ?? 0 },
    );
  }
  const pass = (actor = 'rebuilder-1') =>
    new RebuildLocationsPass({
      ...{ dataSource: shop.database.dataSource, actor, logger: shop.logger, filesOf: () => mountedFiles },
      ...{ leaseSeconds: 60, budgetMs: 60_000, now: () => new Date() },
    });
  async function rebuilt(options: { dryRun?: boolean } = {}) {
    const { dryRun = false } = options;
    const { locationId } = shop.pipeline;
    const asked = await requestRebuild(shop.db, { locationId, dryRun, actor: 'token:test' });
    await pass().run(new AbortController().signal);
    const row = await findRebuild(shop.db, asked?.id ?? 0);
    const counts = Object.fromEntries(Object.entries(row?.counts ?? {}).filter(([, count]) => count > 0));
    return { state: row?.state, counts, problems: row?.problems.map(({ reason }) => reason) };
  }
  const aRawFileCalled = (externalId: string): Promise<number> =>
    aRawFile(shop.db, { externalId, name: `${externalId}.fits`, contentHash: sha256('raw'), sizeBytes: 3 });
  const runs = () =>
    queryRows<{ id: number; status: string; inputs: number[] }>(
      shop.db,
      sql`SELECT run.id, status, ARRAY(SELECT item_id FROM input_set_member member WHERE member.input_set_id = run.input_set_id ORDER BY 1) AS inputs
          FROM run JOIN attempt ON attempt.run_id = run.id WHERE attempt.token LIKE ${`mrd-${INSTALLATION}-%`} ORDER BY run.id`,
    );

  it('makes a run, its products, its lineage and the result of its sub-group again, under the same numbers', async () => {
    const raw = await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    await aLeftAttempt({
      runId: 42,
      key: 'aaaa9a2b44d5e6f7',
      inputs: [productInput(41, 'science/a.fits', 'made')],
    });
    expect(await rebuilt()).toEqual({
      state: 'done',
      counts: { found: 2, rebuilt: 2, products: 2 },
      problems: [],
    });
    const [product] = await queryRows<{ id: number; sha256: string; dims: object }>(
      shop.db,
      sql`SELECT item_id AS id, content_hash AS sha256, dims FROM data_product JOIN data_item ON id = item_id WHERE run_id = 41`,
    );
    expect([product?.sha256, product?.dims]).toEqual([sha256('made'), { n: 1 }]);
    expect(await runs()).toEqual([
      { id: 41, status: 'COMPLETED', inputs: [raw] },
      { id: 42, status: 'COMPLETED', inputs: [product?.id] },
    ]);
    const groups = await queryRows(
      shop.db,
      sql`SELECT last_run_id AS run, last_completed_run_id AS result FROM sub_group WHERE step_id = ${step.stepId} ORDER BY 1`,
    );
    expect(groups).toEqual([
      { run: 41, result: 41 },
      { run: 42, result: 42 },
    ]);
    const next = await aRun(shop.db);
    expect(next.runId).toBe(43);
  });

  it('done again changes nothing', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    await rebuilt();
    expect((await rebuilt()).counts).toEqual({ found: 1, known: 1 });
    expect(await runs()).toHaveLength(1);
  });

  it('gives the sub-group the newest of its runs as its result, and supersedes what the older ones made', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    await aLeftAttempt({ runId: 50, files: { 'science/a.fits': 'made anew' } });
    await rebuilt();
    const products = await queryRows(
      shop.db,
      sql`SELECT run_id AS run, superseded_by_run_id AS by FROM data_product ORDER BY 1`,
    );
    expect(products).toEqual([
      { run: 41, by: 50 },
      { run: 50, by: null },
    ]);
  });

  it('keeps records of products of which the bytes are gone, and says so', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41, files: { 'science/a.fits': 'made', 'science/b.fits': 'purged' } });
    await rm(path.join(shop.basePath, directoryOf(41), 'output/science/b.fits'));
    expect((await rebuilt()).counts).toEqual({ found: 1, rebuilt: 1, products: 2, lost_files: 1 });
    const copies = await queryRows(
      shop.db,
      sql`SELECT status, verified_at IS NULL AS unverified FROM physical_copy ORDER BY path`,
    );
    expect(copies).toEqual([
      { status: 'PRESENT', unverified: false },
      { status: 'MISSING', unverified: true },
    ]);
  });

  it('takes what was bound and how, so that the fingerprint is that of the same inputs', async () => {
    const [raw, dark] = [await aRawFileCalled('raw-a'), await aRawFileCalled('dark-1')];
    const association = { role: 'before', method: 'interpolated', offset_seconds: -60, weight: 0.5 } as const;
    await aLeftAttempt({
      runId: 41,
      inputs: [
        rawInput('raw-a'),
        rawInput('dark-1', { id: 901, role: 'association', binding: 'dark', association }),
      ],
    });
    expect((await rebuilt()).counts).toEqual({ found: 1, rebuilt: 1, products: 1 });
    const [bound] = await queryRows(
      shop.db,
      sql`SELECT bound.name, item_id AS item, role, method, offset_seconds AS "offset", weight,
            add_fingerprints((SELECT fingerprint(hash_a, hash_b) FROM data_item WHERE id = ${raw}), fingerprint(bound.hash_a, bound.hash_b)) = run.input_fingerprint AS "isWhole",
            fingerprint(bound.hash_a, bound.hash_b) = run.association_fingerprint AS "isPart"
          FROM run_association bound JOIN run ON run.id = bound.run_id`,
    );
    expect(bound).toEqual({
      ...{ name: 'dark', item: dark, role: 'before', method: 'interpolated', offset: -60, weight: 0.5 },
      ...{ isWhole: true, isPart: true },
    });
  });

  it('adds what another run made again as a copy, and makes no result of it', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    await rm(path.join(shop.basePath, directoryOf(41), 'output/science/a.fits'));
    await aLeftAttempt({ runId: 60, remakes: 41 });
    expect((await rebuilt()).counts).toEqual({ found: 2, rebuilt: 1, remade: 1, products: 1, lost_files: 1 });
    expect(await runs()).toHaveLength(1);
    const copies = await queryRows(shop.db, sql`SELECT status, path FROM physical_copy ORDER BY id`);
    expect(copies).toEqual([
      { status: 'MISSING', path: `${directoryOf(41)}/output/science/a.fits` },
      { status: 'PRESENT', path: `${directoryOf(60)}/output/science/a.fits` },
    ]);
  });

  it('counts attempts that failed or did not end, which have nothing to register', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41, exitCode: 1 });
    await aLeftAttempt({ runId: 41, attempt: 2 });
    await aLeftAttempt({ runId: 42, isUnfinished: true });
    expect((await rebuilt()).counts).toEqual({ found: 3, rebuilt: 1, failed: 1, unfinished: 1, products: 1 });
    const attempts = await queryRows(shop.db, sql`SELECT number FROM attempt WHERE run_id = 41`);
    expect(attempts).toEqual([{ number: 2 }]);
  });

  it('says of each attempt what it lacks, and rebuilds it once that is there', async () => {
    await aLeftAttempt({ runId: 41 });
    await aLeftAttempt({ runId: 42, version: '9.9.9' });
    await mkdir(path.join(shop.basePath, directoryOf(43), 'config'), { recursive: true });
    await writeFile(
      path.join(shop.basePath, directoryOf(43), 'config/manifest.json'),
      '{"contract_version": 1}',
    );
    await writeFile(path.join(shop.basePath, directoryOf(43), 'result.json'), 'cut o');
    const { counts, problems } = await rebuilt();
    expect(counts).toEqual({ found: 3, problems: 3 });
    expect(problems).toEqual([
      expect.stringMatching(/input raw-a\.fits is not registered: register it under its external id raw-a/),
      expect.stringMatching(/software .* 9\.9\.9 is not registered: apply its definition/),
      expect.stringMatching(/record cannot be used/),
    ]);
    await aRawFileCalled('raw-a');
    expect((await rebuilt()).counts).toEqual({ found: 3, rebuilt: 1, problems: 2, products: 1 });
  });

  it('leaves a sub-group alone that something runs for, and gives another number where one is taken', async () => {
    const raw = await aRawFileCalled('raw-a');
    const subGroup = { step, subGroupDims: { n: 1 } };
    const active = await aRun(shop.db, { ...subGroup, itemIds: [raw] });
    const [{ key }] = (await queryRows<{ key: string }>(
      shop.db,
      sql`SELECT key FROM sub_group WHERE id = ${active.subGroupId}`,
    )) as [{ key: string }];
    await aLeftAttempt({ runId: active.runId, key });
    expect((await rebuilt()).problems).toEqual([expect.stringMatching(/is active: let it end or cancel it/)]);
    await queryRows(
      shop.db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now() WHERE id = ${active.runId} RETURNING id`,
    );
    expect((await rebuilt()).counts).toEqual({ found: 1, rebuilt: 1, products: 1 });
    expect((await runs()).map(({ id }) => id > active.runId)).toEqual([true]);
  });

  it('writes nothing when it is only tried, and says what would be', async () => {
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    expect((await rebuilt({ dryRun: true })).counts).toEqual({ found: 1, rebuilt: 1, products: 1 });
    expect(await runs()).toEqual([]);
  });

  it('publishes nothing by itself', async () => {
    await queryRows(
      shop.db,
      sql`UPDATE reduction_step SET publication = jsonb_build_object('to', (SELECT name FROM data_location LIMIT 1)) WHERE id = ${step.stepId} RETURNING id`,
    );
    await aRawFileCalled('raw-a');
    await aLeftAttempt({ runId: 41 });
    await rebuilt();
    expect(await queryRow(shop.db, sql`SELECT count(*)::int AS count FROM publication`)).toEqual({
      count: 0,
    });
  });

  it('fails as a whole where the base is not there', async () => {
    await queryRows(
      shop.db,
      sql`UPDATE data_location SET base_path = '/nowhere/at/all' WHERE id = ${shop.pipeline.locationId} RETURNING id`,
    );
    expect((await rebuilt()).state).toBe('failed');
  });
});
