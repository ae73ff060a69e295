import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from '@meridian/core';
import { createLogger, type Logger } from '@meridian/daemon';
import { queryRows } from '@meridian/ops-db';
import {
  aLocation,
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  type BuiltPipeline,
  type BuiltRun,
  type BuiltStep,
  type RunOptions,
  type StepOptions,
  type TestDatabase,
} from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';

/** What a test's job left: files by path, and how it ended. */
export interface Remains {
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly exitCode?: number;
  readonly stderr?: string;
  /** Members of the record that are to be other than the truth. */
  readonly record?: object;
}

/** A database, a processing location on a real disk, and the remains of jobs that no scheduler ran. */
export class Workshop {
  private constructor(
    readonly database: TestDatabase,
    readonly basePath: string,
    readonly pipeline: BuiltPipeline,
    readonly logger: Logger,
  ) {}

  static async open(): Promise<Workshop> {
    const database = await openTestDatabase(10);
    const basePath = await mkdtemp(path.join(tmpdir(), 'meridian-results-'));
    const locationId = await aLocation(database.dataSource.manager, { basePath });
    const pipeline = await aPipeline(database.dataSource.manager, { locationId });
    return new Workshop(
      database,
      basePath,
      pipeline,
      await createLogger({ name: 'test', level: 'fatal', format: 'json' }),
    );
  }

  get db(): EntityManager {
    return this.database.dataSource.manager;
  }

  async close(): Promise<void> {
    await this.database.close();
    await rm(this.basePath, { recursive: true });
  }

  aStep(options: StepOptions = {}): Promise<BuiltStep> {
    return aStep(this.db, { pipeline: this.pipeline, ...options });
  }

  /** A run whose job ended, waiting to be collected unless another status is given. */
  async aRun(options: RunOptions = {}): Promise<BuiltRun & { readonly directory: string }> {
    const step = options.step ?? (await this.aStep());
    const directory = `p/g/${step.name}/${Math.random().toString(36).slice(2)}`;
    const run = await aRun(this.db, { status: 'COLLECTING_RESULTS', ...options, step, directory });
    await mkdir(path.join(this.basePath, directory, 'output'), { recursive: true });
    await mkdir(path.join(this.basePath, directory, 'logs'));
    return { ...run, directory };
  }

  /** Writes what a job script writes: outputs, standard error and, last, the record. */
  async leave(run: BuiltRun & { readonly directory: string }, remains: Remains = {}): Promise<void> {
    const { files = {}, exitCode = 0, stderr = '', record = {} } = remains;
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.basePath, run.directory, 'output', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await writeFile(path.join(this.basePath, run.directory, 'logs/stderr.log'), stderr);
    const document = {
      contract_version: 1,
      token: run.token,
      run_id: run.runId,
      attempt: run.attempt,
      exit_code: exitCode,
      host: 'node1',
      job_id: null,
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:10Z',
      cpu_seconds: 1.5,
      peak_memory_mb: 100,
      was_stopped: false,
      files: Object.entries(files).map(([name, content]) => ({
        path: name,
        size_bytes: Buffer.byteLength(content),
        mtime: 1_767_225_600,
        sha256: createHash('sha256').update(content).digest('hex'),
      })),
      skipped: [],
      ...record,
    };
    await writeFile(path.join(this.basePath, run.directory, 'result.json'), JSON.stringify(document));
  }

  /** What the observer writes when a job ended, without observing. */
  async ended(
    run: BuiltRun,
    end: { state: string | null; exitCode?: number; reason?: string; secondsAgo?: number },
  ): Promise<void> {
    await queryRows(
      this.db,
      sql`UPDATE attempt SET end_state = ${end.state}, exit_code = ${end.exitCode ?? null}, reason = ${end.reason ?? null},
            ended_at = now() - make_interval(secs => ${end.secondsAgo ?? 0}::double precision)
          WHERE run_id = ${run.runId} RETURNING run_id`,
    );
  }

  /** Everybody who holds a lease has been silent for too long. */
  async expireLeases(): Promise<void> {
    await queryRows(
      this.db,
      sql`UPDATE run SET lease_expires_at = now() - interval '1 second' WHERE lease_owner IS NOT NULL RETURNING id`,
    );
  }

  products(run: BuiltRun): Promise<{ path: string; type: string }[]> {
    return queryRows(
      this.db,
      sql`SELECT path, type FROM data_product WHERE run_id = ${run.runId} ORDER BY path`,
    );
  }
}
