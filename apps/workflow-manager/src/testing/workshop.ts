import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jobToken, readSettings, sql, type JobToken } from '@meridian/core';
import { createLogger, type Pass } from '@meridian/daemon';
import { FakeBackend, FakeSite, mountedFiles, type HpcBackend, type SiteFiles } from '@meridian/hpc';
import { queryRows } from '@meridian/ops-db';
import {
  aLocation,
  aPipeline,
  aRawFile,
  aRun,
  aSoftwareVersion,
  aStep,
  openTestDatabase,
  type BuiltRun,
  type BuiltStep,
  type RunOptions,
  type TestDatabase,
} from '@meridian/ops-db/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { WORKFLOW_MANAGER_SETTINGS } from '../workflow-manager.config.js';
import { workflowManagerPasses } from '../workflow-manager.passes.js';

/** A database, directories and a fake site: a whole place to run jobs. */
export interface Workshop {
  readonly test: TestDatabase;
  readonly db: EntityManager;
  /** Base of the processing location. */
  readonly base: string;
  /** Base of the location that raw data come from. */
  readonly archive: string;
  readonly archiveId: number;
  readonly program: string;
  readonly site: FakeSite;
  /** The token of a run's first attempt. */
  readonly tokenOf: (run: { readonly runId: number }) => JobToken;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const test = await openTestDatabase();
  const root = await mkdtemp(join(tmpdir(), 'meridian-workflow-'));
  const [base, archive, program] = [join(root, 'processing'), join(root, 'archive'), join(root, 'program')];
  for (const directory of [base, archive, program]) await mkdir(directory);
  await writeFile(join(program, 'reduce.sh'), 'echo reduced\n');
  const db = test.dataSource.manager;
  const archiveId = await aLocation(db, { name: 'archive', kind: 'SOURCE', basePath: archive });
  const [{ id: installation }] = (await queryRows<{ id: string }>(db, sql`SELECT id FROM installation`)) as [
    { id: string },
  ];
  const tokenOf = ({ runId }: { readonly runId: number }): JobToken =>
    jobToken({ installation, runId, attempt: 1 });
  const close = async (): Promise<void> => {
    await test.close();
    await rm(root, { recursive: true, force: true });
  };
  return { test, db, base, archive, archiveId, program, site: new FakeSite(), tokenOf, close };
}

/** A step of a pipeline that processes at a new location with this base. */
export async function aWorkshopStep(
  shop: Workshop,
  options: { staging?: 'link' | 'copy'; base?: string; hostDirectory?: string } = {},
): Promise<BuiltStep> {
  const locationId = await aLocation(shop.db, {
    basePath: options.base ?? shop.base,
    staging: options.staging ?? 'link',
  });
  const software = await aSoftwareVersion(shop.db, {
    hostDirectory: options.hostDirectory ?? shop.program,
    command: ['/bin/sh', '{software_dir}/reduce.sh', '{input_dir}', '{output_dir}'],
    environment: { REDUCE_MODE: 'fast' },
  });
  return aStep(shop.db, { pipeline: await aPipeline(shop.db, { locationId }), software, parameters: {} });
}

/** A raw file whose bytes are really in the archive. */
export async function anArchivedFile(
  shop: Workshop,
  name: string,
  content = `content of ${name}`,
): Promise<number> {
  const path = `raw/${Date.now()}-${Math.random()}/${name.replaceAll('/', '_')}`;
  await mkdir(dirname(join(shop.archive, path)), { recursive: true });
  await writeFile(join(shop.archive, path), content);
  return aRawFile(shop.db, {
    name,
    sizeBytes: Buffer.byteLength(content),
    contentHash: createHash('sha256').update(content).digest('hex'),
    copy: { locationId: shop.archiveId, path },
  });
}

/** A PENDING run with one archived input, unless others are given. */
export const aPendingRun = async (
  shop: Workshop,
  step: BuiltStep,
  options: RunOptions = {},
): Promise<BuiltRun> =>
  aRun(shop.db, { step, itemIds: [await anArchivedFile(shop, 'm17_a.fits')], ...options });

export interface Manager {
  readonly cancel: Pass;
  readonly reconcile: Pass;
  readonly submit: Pass;
  /** One tick: every pass once, in the daemon's order. */
  tick(): Promise<number>;
}

export interface ManagerOptions {
  readonly owner: string;
  readonly backend?: HpcBackend;
  readonly files?: SiteFiles;
  readonly dataSource?: DataSource;
  readonly now?: () => Date;
  readonly batchSize?: number;
}

/** The passes of one workflow-manager process. */
export async function aManager(shop: Workshop, options: ManagerOptions): Promise<Manager> {
  const { owner, dataSource = shop.test.dataSource, now = () => new Date(), batchSize = 50 } = options;
  const backend = options.backend ?? new FakeBackend(shop.site);
  const logger = await createLogger({ name: owner, level: 'fatal', format: 'json' });
  const settings = {
    ...readSettings(WORKFLOW_MANAGER_SETTINGS, { DATABASE_URL: shop.test.url }),
    batchSize,
  };
  const passes = workflowManagerPasses({
    settings,
    dataSource,
    backendOf: () => backend,
    filesOf: () => options.files ?? mountedFiles,
    problemOf: () => null,
    owner,
    now,
    logger,
  });
  const { signal } = new AbortController();
  const tick = async (): Promise<number> => {
    let changed = 0;
    for (const pass of passes) changed += await pass.run(signal);
    return changed;
  };
  const passOf = (name: string): Pass => {
    const found = passes.find((pass) => pass.name === name);
    if (found === undefined) throw new Error(`there is no pass ${name}`);
    return found;
  };
  return {
    cancel: passOf('cancel-runs'),
    reconcile: passOf('reconcile-submissions'),
    submit: passOf('submit-runs'),
    tick,
  };
}

/** As if an hour went by: leases run out, and a submission that is not seen is provably lost. */
export async function anHourPasses(shop: Workshop): Promise<void> {
  await queryRows(
    shop.db,
    sql`UPDATE run SET lease_expires_at = lease_expires_at - interval '1 hour' WHERE lease_owner IS NOT NULL`,
  );
  await queryRows(
    shop.db,
    sql`UPDATE run SET not_before = not_before - interval '1 hour' WHERE status = 'PENDING'`,
  );
  await queryRows(shop.db, sql`UPDATE attempt SET intended_at = intended_at - interval '1 hour'`);
}
