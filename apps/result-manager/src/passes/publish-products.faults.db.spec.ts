import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import {
  giveVerdict,
  opsDataSource,
  queryRow,
  queryRows,
  requestPublication,
  withdrawPublication,
} from '@meridian/ops-db';
import { aLocation, type BuiltRun } from '@meridian/ops-db/testing';
import type { DataSource } from 'typeorm';
import { holdReply, makeMortal, type Death } from '../testing/dying-data-source.js';
import { Gate } from '../testing/held-files.js';
import { Workshop } from '../testing/workshop.js';
import { CollectResultsPass } from './collect-results.pass.js';
import { PublishProductsPass } from './publish-products.pass.js';
import { WithdrawProductsPass } from './withdraw-products.pass.js';

const NEVER = new AbortController().signal;

interface Shown {
  readonly id: number;
  readonly itemId: number;
  readonly state: string;
  readonly version: number | null;
  readonly path: string | null;
}

describe('PublishProductsPass, when things go wrong around it', () => {
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

  const common = () => ({ dataSource: workshop.database.dataSource, logger: workshop.logger, batchSize: 50 });
  const publisher = (actor = 'publisher', dataSource: DataSource = workshop.database.dataSource) =>
    new PublishProductsPass({ ...common(), dataSource, actor, leaseSeconds: 60, retrySeconds: 0 });
  const publish = () => publisher().run(NEVER);
  const withdraw = (watchSeconds = 0) =>
    new WithdrawProductsPass({ ...common(), lookEveryMs: 0, watchSeconds }).run(NEVER);

  /** A good run with one product for the public, which nobody has looked at yet. */
  const ran = async (maxAttempts = 3): Promise<BuiltRun & { readonly directory: string }> => {
    const step = await workshop.aStep({
      quality: [{ metric: 'snr', min: 5 }],
      publication: { to: 'public', max_attempts: maxAttempts },
    });
    const run = await workshop.aRun({ step });
    await workshop.leave(run, { files: { 'science/map.fits': 'map', 'metrics.json': '{"snr": 9}' } });
    await workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    await new CollectResultsPass({
      ...{ ...common(), actor: 'collector', leaseSeconds: 60, filesOf: () => mountedFiles },
      rules: { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 },
    }).run(NEVER);
    return run;
  };
  const shown = async ({ runId }: BuiltRun): Promise<Shown> => {
    const found = await queryRow<Shown>(
      workshop.db,
      sql`SELECT publication.id, item_id AS "itemId", state, version, publication.path FROM publication
          JOIN data_product product USING (item_id) WHERE product.run_id = ${runId}`,
    );
    if (found === undefined) throw new Error('not to be published');
    return found;
  };
  const expireLeases = () =>
    queryRows(
      workshop.db,
      sql`UPDATE publication SET lease_expires_at = now() - interval '1 s' WHERE state = 'publishing' RETURNING id`,
    );
  /** Everything that lies where this run's product would be public, in whatever version and under whatever name. */
  const lyingAround = ({ step }: BuiltRun): string[] =>
    readdirSync(publicBase, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath.includes(`/${step.name}/`))
      .map((entry) => path.relative(publicBase, path.join(entry.parentPath, entry.name)));
  const say = ({ runId }: BuiltRun, verdict: 'PASS' | 'FAIL') =>
    giveVerdict(workshop.db, { runId, verdict, reason: 'looked at', actor: 'ada' });
  const askAgain = async (run: BuiltRun) =>
    requestPublication(workshop.db, {
      ...{ productId: (await shown(run)).itemId, to: null },
      ...{ actor: 'ada', reason: 'it is good after all' },
    });

  const another = () =>
    opsDataSource({ url: workshop.database.url, applicationName: 'another' }).initialize();

  /** A publisher that dies at this statement, and nobody knows yet; whether it died. */
  const dies = async (death: Death): Promise<boolean> => {
    const dataSource = await another();
    makeMortal(dataSource, death);
    await publisher('mortal', dataSource)
      .run(NEVER)
      .catch(() => 0);
    await dataSource.destroy();
    await expireLeases();
    return death.seen >= death.at;
  };

  it.each(['before', 'after'] as const)(
    'leaves nothing public of what was judged bad after a publisher died %s any of its statements',
    async (when) => {
      let wasPublic = 0;
      for (let at = 1, died = true; died; at += 1) {
        const run = await ran();
        died = await dies({ at, when, seen: 0 });
        wasPublic += lyingAround(run).length;
        await say(run, 'FAIL');
        await publish();
        await withdraw();
        const { state, path: where } = await shown(run);
        expect(['published', 'rejected']).toContain(state);
        expect(lyingAround(run)).toEqual(state === 'published' ? [where] : []);
      }
      expect(wasPublic).toBeGreaterThan(0);
    },
  );

  it.each(['before', 'after'] as const)(
    'leaves nothing public of what failed because a publisher died %s any of its statements, and publishes it when asked again',
    async (when) => {
      let failed = 0;
      for (let at = 1, died = true; died; at += 1) {
        const run = await ran(1);
        died = await dies({ at, when, seen: 0 });
        await publish();
        await withdraw();
        const { state, path: where } = await shown(run);
        expect(lyingAround(run)).toEqual(state === 'published' ? [where] : []);
        if (state === 'published') continue;
        failed += 1;
        await askAgain(run);
        await publish();
        const again = await shown(run);
        expect(again).toMatchObject({ state: 'published', version: 2 });
        expect(lyingAround(run)).toEqual([again.path]);
      }
      expect(failed).toBeGreaterThan(0);
    },
  );

  it('removes once more what a publisher makes public that wakes up after all was taken back', async () => {
    const run = await ran();
    const [claimed, wakesUp] = [new Gate(), new Gate()];
    const dataSource = await another();
    holdReply(dataSource, 'AS "targetPath"', async () => {
      claimed.open();
      await wakesUp.wait();
    });
    const slow = publisher('slow', dataSource).run(NEVER);
    await claimed.wait();
    await expireLeases();
    await publish();
    const { id, state, path: where } = await shown(run);
    expect(state).toBe('published');
    await withdrawPublication(workshop.db, { id, actor: 'ada', reason: 'a mistake' });
    await withdraw(600);
    expect(lyingAround(run)).toEqual([]);

    wakesUp.open();
    await slow;
    expect(lyingAround(run)).toEqual([where]);
    await withdraw(600);
    expect(lyingAround(run)).toEqual([]);
    // Once it can only be dead, nobody looks any more.
    expect(await withdraw(0)).toBe(1);
    expect(await withdraw(0)).toBe(0);
    await dataSource.destroy();
  });
});
