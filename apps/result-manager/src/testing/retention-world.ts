import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql, type JsonObject } from '@meridian/core';
import { createLogger, type Logger } from '@meridian/daemon';
import { mountedFiles } from '@meridian/hpc';
import { queryRow, queryRows, requestPurge } from '@meridian/ops-db';
import {
  aLocation,
  aPipeline,
  aProduct,
  aRawFile,
  aRun,
  aStep,
  aSubGroup,
  bindInput,
  openTestDatabase,
  type BuiltRun,
  type BuiltStep,
  type ProductOptions,
  type TestDatabase,
} from '@meridian/ops-db/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { PurgeLocationsPass, type PurgeLocationsOptions } from '../passes/purge-locations.pass.js';

const NEVER = new AbortController().signal;
const ALL_MAY_GO: JsonObject = { rules: [{ keep: { days: 0 } }] };

/** What a test wants of one product. */
export interface KeptFile extends Pick<ProductOptions, 'type'> {
  readonly name?: string;
  readonly bytes?: number;
  readonly ageDays?: number;
  readonly isVerified?: boolean;
  readonly step?: BuiltStep;
  readonly subGroupId?: number;
}

export interface StoredFile {
  readonly itemId: number;
  readonly copyId: number;
  /** Relative to the base. */
  readonly path: string;
  readonly bytes: number;
  readonly run: BuiltRun | null;
}

/** A processing location on a real disk, a step that makes products there and one that takes them, and purges. */
export class RetentionWorld {
  private constructor(
    readonly database: TestDatabase,
    readonly base: string,
    readonly locationId: number,
    readonly maker: BuiltStep,
    readonly taker: BuiltStep,
    private readonly logger: Logger,
  ) {}

  static async open(retention: JsonObject = ALL_MAY_GO): Promise<RetentionWorld> {
    return RetentionWorld.on(await openTestDatabase(10), retention);
  }

  /** Another one in the same database. */
  static async on(database: TestDatabase, retention: JsonObject = ALL_MAY_GO): Promise<RetentionWorld> {
    const { manager } = database.dataSource;
    const base = mkdtempSync(path.join(tmpdir(), 'meridian-retention-'));
    const locationId = await aLocation(manager, { basePath: base });
    const pipeline = await aPipeline(manager, { locationId });
    const maker = await aStep(manager, { pipeline, retention });
    const taker = await aStep(manager, { pipeline, dependsOn: [maker] });
    const logger = await createLogger({ name: 'test', level: 'fatal', format: 'json' });
    return new RetentionWorld(database, base, locationId, maker, taker, logger);
  }

  get db(): EntityManager {
    return this.database.dataSource.manager;
  }

  async close(): Promise<void> {
    await this.database.close();
    this.removeFiles();
  }

  removeFiles(): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  /** A product of a completed run, with its bytes; verified and a hundred days old unless the test says otherwise. */
  async file(options: KeptFile = {}): Promise<StoredFile> {
    const { type = 'PLOT', bytes = 100, ageDays = 100, isVerified = true, step = this.maker } = options;
    const run = await aRun(this.db, {
      ...{ step, status: 'COMPLETED', directory: `p/${Math.random().toString(36).slice(2)}` },
      ...(options.subGroupId === undefined ? {} : { subGroupId: options.subGroupId }),
    });
    const { name = `some/${run.runId}.dat` } = options;
    const content = Buffer.alloc(bytes, run.runId % 256);
    const contentHash = createHash('sha256').update(content).digest('hex');
    const itemId = await aProduct(this.db, run, { type, path: name, sizeBytes: bytes, contentHash });
    const copy = await queryRow<{ id: number; path: string }>(
      this.db,
      sql`UPDATE physical_copy SET created_at = now() - make_interval(secs => ${ageDays * 86_400}::float8), verified_at = CASE WHEN ${isVerified} THEN now() END
          WHERE item_id = ${itemId} RETURNING id, path`,
    );
    if (copy === undefined) throw new Error('a product has no copy');
    this.write(copy.path, content);
    return { itemId, copyId: copy.id, path: copy.path, bytes, run };
  }

  async rawFile(bytes: number): Promise<StoredFile> {
    const where = `raw/${Math.random().toString(36).slice(2)}.fits`;
    this.write(where, Buffer.alloc(bytes));
    const itemId = await aRawFile(this.db, {
      sizeBytes: bytes,
      copy: { locationId: this.locationId, path: where },
    });
    const copy = await queryRow<{ id: number }>(
      this.db,
      sql`UPDATE physical_copy SET verified_at = now() WHERE item_id = ${itemId} RETURNING id`,
    );
    return { itemId, copyId: copy?.id ?? 0, path: where, bytes, run: null };
  }

  /** A run of the step that takes products took these; its sub-group is in this state. */
  async taken(
    files: readonly StoredFile[],
    {
      state = 'current',
      status = 'COMPLETED',
    }: { state?: 'current' | 'stale'; status?: 'COMPLETED' | 'PENDING' | 'RUNNING' | 'FAILED' } = {},
  ): Promise<BuiltRun> {
    const subGroupId = await aSubGroup(this.db, { step: this.taker, state });
    const itemIds = files.map(({ itemId }) => itemId);
    const run = await aRun(this.db, { step: this.taker, subGroupId, itemIds, status });
    if (status === 'COMPLETED')
      await queryRows(
        this.db,
        sql`UPDATE sub_group SET last_completed_run_id = ${run.runId} WHERE id = ${subGroupId} RETURNING id`,
      );
    return run;
  }

  /** Some run was given it as an associated input. */
  async bound(file: StoredFile): Promise<void> {
    await bindInput(this.db, await aRun(this.db, { status: 'COMPLETED' }), file.itemId);
  }

  async staged(file: StoredFile): Promise<void> {
    await queryRows(
      this.db,
      sql`INSERT INTO publication (item_id, data_location_id, gate, max_attempts, moved_by)
          VALUES (${file.itemId}, ${await aLocation(this.db, { kind: 'LONG_TERM_ARCHIVE' })}, '{}', 3, 'test') RETURNING id`,
    );
  }

  write(relative: string, content: Buffer | string): void {
    mkdirSync(path.dirname(this.at(relative)), { recursive: true });
    writeFileSync(this.at(relative), content);
  }

  at = (relative: string): string => path.join(this.base, relative);
  isThere = ({ path: relative }: Pick<StoredFile, 'path'>): boolean => existsSync(this.at(relative));
  sizeOf = (relative: string): number => statSync(this.at(relative)).size;

  async marks(high: number | null, low: number | null): Promise<void> {
    await queryRows(
      this.db,
      sql`UPDATE data_location SET high_water_bytes = ${high}, low_water_bytes = ${low} WHERE id = ${this.locationId} RETURNING id`,
    );
  }

  pass(options: Partial<PurgeLocationsOptions> = {}): PurgeLocationsPass {
    return new PurgeLocationsPass({
      ...{ dataSource: this.database.dataSource, actor: 'purger', logger: this.logger },
      ...{ filesOf: () => mountedFiles, leaseSeconds: 60, batchSize: 10, lookEveryMs: 0 },
      ...options,
    });
  }

  /** One tick. */
  run(options: Partial<PurgeLocationsOptions> = {}): Promise<number> {
    return this.pass(options).run(NEVER);
  }

  /** As many ticks as there is something to do. */
  async runAll(options: Partial<PurgeLocationsOptions> = {}): Promise<void> {
    while ((await this.run(options)) > 0);
  }

  /** Asks for everything to go that may, and lets it go. The purge's id. */
  async purge(downToBytes = 0, options: Partial<PurgeLocationsOptions> = {}): Promise<number> {
    const id = await this.ask(downToBytes);
    await this.runAll(options);
    return id;
  }

  async ask(downToBytes = 0): Promise<number> {
    const { locationId } = this;
    const purge = await requestPurge(this.db, { locationId, downToBytes, actor: 'ada', reason: 'room' });
    if (purge === undefined) throw new Error('a purge is open');
    return purge.id;
  }

  /** Everybody who holds a lease has been silent for too long. */
  async expireLeases(dataSource: DataSource = this.database.dataSource): Promise<void> {
    await queryRows(
      dataSource.manager,
      sql`UPDATE purge SET not_before = now(), lease_expires_at = CASE WHEN lease_owner IS NOT NULL THEN now() END WHERE finished_at IS NULL RETURNING id`,
    );
  }

  async statusOf({ copyId }: Pick<StoredFile, 'copyId'>): Promise<string | undefined> {
    const row = await queryRow<{ status: string }>(
      this.db,
      sql`SELECT status FROM physical_copy WHERE id = ${copyId}`,
    );
    return row?.status;
  }

  /** Why each of these stays; null for one that is gone. */
  async reasonsOf(files: readonly StoredFile[]): Promise<(string | null)[]> {
    const rows = await queryRows<{ copyId: number; action: string; reason: string }>(
      this.db,
      sql`SELECT copy_id AS "copyId", action, reason FROM purge_decision WHERE deleted_at IS NOT NULL OR action = 'keep' ORDER BY id`,
    );
    const reasons = new Map(
      rows.map(({ copyId, action, reason }) => [copyId, action === 'keep' ? reason : null]),
    );
    return files.map(({ copyId }) => reasons.get(copyId) ?? null);
  }
}
