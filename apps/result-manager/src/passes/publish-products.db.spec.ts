import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PUBLICATION_TRANSITIONS, sql, type JsonObject } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { giveVerdict, queryRow, queryRows } from '@meridian/ops-db';
import { aLocation, type BuiltRun, type BuiltStep } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { CollectResultsPass } from './collect-results.pass.js';
import { PublishProductsPass } from './publish-products.pass.js';

const NEVER = new AbortController().signal;
const RULES = { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 } as const;

describe('PublishProductsPass', () => {
  let workshop: Workshop;
  let publicBase: string;
  beforeAll(async () => {
    workshop = await Workshop.open();
    publicBase = mkdtempSync(path.join(tmpdir(), 'meridian-public-'));
    await aLocation(workshop.db, { name: 'public', kind: 'LONG_TERM_ARCHIVE', basePath: publicBase });
  });
  afterAll(async () => {
    await workshop.close();
    rmSync(publicBase, { recursive: true });
  });

  const pass = (actor = 'publisher') =>
    new PublishProductsPass({
      ...{ dataSource: workshop.database.dataSource, actor, logger: workshop.logger },
      ...{ leaseSeconds: 60, batchSize: 50, retrySeconds: 0 },
    });
  const publish = () => pass().run(NEVER);

  const aStep = (
    publication: JsonObject,
    quality: readonly JsonObject[] = [{ metric: 'snr', min: 5, warn_below: 10 }],
  ) => workshop.aStep({ quality, publication: { to: 'public', ...publication } });

  /** A run of a step that measured this, collected. */
  const ran = async (
    step: BuiltStep,
    snr: number,
    options: { subGroupId?: number; content?: string } = {},
  ): Promise<BuiltRun> => {
    const { content = 'map', ...run } = options;
    const built = await workshop.aRun({ step, ...run });
    await workshop.leave(built, {
      files: { 'science/map.fits': content, 'plots/map.png': 'plot', 'metrics.json': `{"snr": ${snr}}` },
    });
    await workshop.ended(built, { state: 'COMPLETED', exitCode: 0 });
    await new CollectResultsPass({
      ...{
        filesOf: () => mountedFiles,
        dataSource: workshop.database.dataSource,
        actor: 'collector',
        logger: workshop.logger,
      },
      ...{ rules: RULES, leaseSeconds: 60, batchSize: 200 },
    }).run(NEVER);
    return built;
  };

  interface Shown {
    readonly id: number;
    readonly state: string;
    readonly reasons: readonly string[];
    readonly version: number | null;
    readonly path: string | null;
    readonly attempts: number;
  }
  const publicationsOf = ({ runId }: BuiltRun): Promise<Shown[]> =>
    queryRows(
      workshop.db,
      sql`SELECT publication.id, state, reasons, version, publication.path, attempts FROM publication
          JOIN data_product product USING (item_id) WHERE product.run_id = ${runId} ORDER BY publication.id`,
    );
  const only = async (run: BuiltRun): Promise<Shown> => {
    const [first, ...more] = await publicationsOf(run);
    if (first === undefined || more.length > 0) throw new Error('not one publication');
    return first;
  };
  /** Whoever waits is looked at again. */
  const later = () => queryRows(workshop.db, sql`UPDATE publication SET not_before = now() RETURNING id`);
  const say = (run: BuiltRun, verdict: 'PASS' | 'FAIL') =>
    giveVerdict(workshop.db, { runId: run.runId, verdict, reason: 'looked at', actor: 'ada' });

  it('publishes a good product of the types that its step names: a verified copy under its version', async () => {
    const run = await ran(await aStep({}), 12);
    await publish();
    const { state, version, path: where, attempts, id } = await only(run);
    expect([state, version, attempts]).toEqual(['published', 1, 1]);
    expect(readFileSync(path.join(publicBase, where ?? ''), 'utf8')).toBe('map');
    expect(where).toMatch(/\/v1\/science\/map\.fits$/);
    const copy = await queryRow(
      workshop.db,
      sql`SELECT status, verified_at IS NOT NULL AS verified FROM physical_copy WHERE path = ${where}`,
    );
    expect(copy).toEqual({ status: 'PRESENT', verified: true });
    const moves = await queryRows(
      workshop.db,
      sql`SELECT to_state FROM publication_event WHERE publication_id = ${id} ORDER BY id`,
    );
    expect(moves.map((move) => (move as { to_state: string }).to_state)).toEqual([
      'staged',
      'eligible',
      'publishing',
      'published',
    ]);
    expect(await publish()).toBe(0);
  });

  it('publishes nothing without a verdict, nor with one that is too bad, until a person says another', async () => {
    const [unjudged, failed, warned] = [
      await ran(await aStep({}, []), 12),
      await ran(await aStep({}), 1),
      await ran(await aStep({}), 7),
    ];
    await publish();
    expect(await only(unjudged)).toMatchObject({ state: 'staged', reasons: ['its run was not judged'] });
    expect(await only(failed)).toMatchObject({
      state: 'rejected',
      reasons: ['its verdict is FAIL, and PASS is the worst allowed'],
    });
    expect(await only(warned)).toMatchObject({
      state: 'staged',
      reasons: ['its verdict is WARN, and PASS is the worst allowed'],
    });
    expect(readdirSync(publicBase, { recursive: true }).filter((one) => String(one).includes('v2'))).toEqual(
      [],
    );

    await say(warned, 'PASS');
    await say(unjudged, 'PASS');
    await publish();
    expect([(await only(unjudged)).state, (await only(warned)).state]).toEqual(['published', 'published']);
  });

  it('asks for a review and for companions where the gate does', async () => {
    const run = await ran(await aStep({ gate: { reviewed: true, companions: ['PLOT', 'STATISTICS'] } }), 12);
    await publish();
    expect((await only(run)).reasons).toEqual([
      'nobody has reviewed it',
      'its run has no verified STATISTICS product',
    ]);
    await say(run, 'PASS');
    await publish();
    expect((await only(run)).reasons).toEqual(['its run has no verified STATISTICS product']);
  });

  it('does not publish what was judged bad while it was on its way', async () => {
    const run = await ran(await aStep({}), 12);
    await workshop.db.transaction(async (judging) => {
      await giveVerdict(judging, { runId: run.runId, verdict: 'FAIL', reason: 'a satellite', actor: 'ada' });
      await publish();
      expect((await only(run)).state).toBe('staged');
    });
    await publish();
    expect((await only(run)).state).toBe('rejected');
  });

  it('gives a newer result another version and path, and never publishes one that was replaced', async () => {
    const step = await aStep({});
    const first = await ran(step, 12);
    await publish();
    const second = await ran(step, 12, { subGroupId: first.subGroupId, content: 'newer' });
    await publish();
    const [was, is] = [await only(first), await only(second)];
    expect([was.version, is.version, is.path]).toEqual([1, 2, was.path?.replace('/v1/', '/v2/')]);
    expect(readFileSync(path.join(publicBase, was.path ?? ''), 'utf8')).toBe('map');
    const third = await ran(step, 7, { subGroupId: first.subGroupId });
    await ran(step, 12, { subGroupId: first.subGroupId });
    await later();
    await publish();
    expect(await only(third)).toMatchObject({
      state: 'rejected',
      reasons: ['a newer result has replaced it'],
    });
  });

  it('takes over from a publisher that died half-way, whether or not its copy is there', async () => {
    const [before, after] = [await ran(await aStep({}), 12), await ran(await aStep({}), 12)];
    for (const [index, run] of [before, after].entries()) {
      await queryRows(
        workshop.db,
        sql`UPDATE publication SET state = 'eligible' WHERE id = ${(await only(run)).id} RETURNING id`,
      );
      await queryRows(
        workshop.db,
        sql`UPDATE publication SET state = 'publishing', lease_owner = 'dead', lease_expires_at = now() - interval '1 s', attempts = 1,
              version = 1, path = ${`half/way/${index}/v1/science/map.fits`} WHERE id = ${(await only(run)).id} RETURNING id`,
      );
    }
    mkdirSync(path.join(publicBase, 'half/way/1/v1/science'), { recursive: true });
    writeFileSync(path.join(publicBase, 'half/way/1/v1/science/map.fits'), 'map');
    await publish();
    for (const run of [before, after])
      expect(await only(run)).toMatchObject({ state: 'published', version: 1, attempts: 2 });
    expect(readFileSync(path.join(publicBase, 'half/way/0/v1/science/map.fits'), 'utf8')).toBe('map');
  });

  it('tries so often, then fails with the reason; bytes that changed are never published', async () => {
    const run = await ran(await aStep({ max_attempts: 2 }), 12);
    const source = await queryRow<{ path: string }>(
      workshop.db,
      sql`SELECT copy.path FROM physical_copy copy JOIN data_product USING (item_id) WHERE run_id = ${run.runId} AND type = 'SCIENCE'`,
    );
    writeFileSync(path.join(workshop.basePath, source?.path ?? ''), 'mad');
    await publish();
    const { state, attempts, path: where } = await only(run);
    expect([state, attempts]).toEqual(['eligible', 1]);
    await publish();
    const failed = await only(run);
    expect([failed.state, failed.attempts, failed.path]).toEqual(['failed', 2, null]);
    expect(failed.reasons[0]).toContain('has changed: its sha256 is');
    expect(readdirSync(path.join(publicBase, path.dirname(where ?? '')))).toEqual([]);
  });

  it('does not write through a link out of the public location', async () => {
    const run = await ran(await aStep({ max_attempts: 1 }), 12);
    const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
    const pipeline = await queryRow<{ name: string }>(
      workshop.db,
      sql`SELECT name FROM pipeline WHERE id = ${run.step.pipelineId}`,
    );
    mkdirSync(path.join(publicBase, pipeline?.name ?? ''), { recursive: true });
    symlinkSync(outside, path.join(publicBase, pipeline?.name ?? '', run.step.name));
    await publish();
    expect((await only(run)).reasons[0]).toContain('would lie outside location public');
    expect(readdirSync(outside, { recursive: true }).filter((one) => String(one).endsWith('.fits'))).toEqual(
      [],
    );
    rmSync(outside, { recursive: true });
  });

  it('is done once, however many publishers there are', async () => {
    const step = await aStep({});
    const runs = [];
    for (let n = 0; n < 10; n += 1) runs.push(await ran(step, 12));
    await Promise.all(['a', 'b', 'c'].map((actor) => pass(actor).run(NEVER)));
    for (const run of runs) expect(await only(run)).toMatchObject({ state: 'published', attempts: 1 });
  });

  it('moves only as the table says, and what is published is immutable', async () => {
    const stored = await queryRows(
      workshop.db,
      sql`SELECT from_state, to_state FROM publication_transition ORDER BY 1, 2`,
    );
    const known = Object.entries(PUBLICATION_TRANSITIONS).flatMap(([from, all]) =>
      all.map((to) => ({ from_state: from, to_state: to })),
    );
    const order = (one: { from_state: string; to_state: string }) => `${one.from_state} ${one.to_state}`;
    expect(stored).toEqual(known.sort((a, b) => (order(a) < order(b) ? -1 : 1)));
    const run = await ran(await aStep({}), 12);
    await publish();
    const { id } = await only(run);
    await expect(
      queryRows(
        workshop.db,
        sql`UPDATE publication SET state = 'staged', published_at = NULL WHERE id = ${id} RETURNING id`,
      ),
    ).rejects.toThrow('cannot go from');
    await expect(
      queryRows(workshop.db, sql`UPDATE publication SET path = 'elsewhere' WHERE id = ${id} RETURNING id`),
    ).rejects.toThrow('is immutable');
  });
});
