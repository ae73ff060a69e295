import { createHash } from 'node:crypto';
import { sql, type Dims, type JsonObject } from '@meridian/core';
import { explainGap, queryRows, registerResults, type GapEvidence } from '@meridian/ops-db';
import { openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import pino from 'pino';
import type { EntityManager } from 'typeorm';
import { EvaluateGapsPass } from '../passes/evaluate-gaps.pass.js';
import { FireCronPass } from '../passes/fire-cron.pass.js';
import { applyDefinitions } from './apply-definitions.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** When the tests' night began, as everything that is observed counts. */
export const NIGHT = Date.parse('2027-05-01T00:00:00Z');
export const atNight = (milliseconds: number): Date => new Date(NIGHT + milliseconds);

export interface SurveyFile {
  readonly name: string;
  readonly dims?: Dims;
  readonly metadata?: JsonObject;
  /** After the night began; null for a file that does not say. */
  readonly at?: number | null;
}

export interface SeenSubGroup {
  readonly id: number;
  readonly dims: Dims;
  readonly state: string;
  readonly causes: readonly string[];
  readonly detail: JsonObject;
  readonly until: Date | null;
  readonly members: number;
  readonly report: JsonObject;
}

export interface SeenRun {
  readonly id: number;
  readonly dims: Dims;
  readonly status: string;
  readonly causes: readonly string[];
  readonly inputs: readonly string[];
  /** `name:file` of what is bound beside the members. */
  readonly bound: readonly string[];
  readonly config: JsonObject;
  readonly recipe: string;
  readonly version: string;
  readonly priority: number;
}

/** Software and pools of a definitions file, and what it says of the pipeline beside its steps. */
type Definition = JsonObject & { software?: readonly JsonObject[]; pools?: readonly JsonObject[] };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const aVersion = (version: string, content = version): JsonObject => ({
  name: 'reduce',
  version,
  host_directory: '/opt/reduce',
  digest: `sha256:${sha256(content)}`,
  command: ['reduce'],
});

const SITE = { name: 'site', kind: 'PROCESSING', base_path: '/data', backend: 'fake', runtime: 'host' };
const SURVEY = { name: 'survey', filter: [{ dim: 'dataset', operator: 'eq', value: 'survey' }] };

/** What a user defines: pipelines by definitions files, files of dataset `survey`, and the one clock that stamps everything. */
export class SurveyWorld {
  clock = new Date('2027-05-01T12:00:00Z');

  private constructor(private readonly test: TestDatabase) {}

  static async open(): Promise<SurveyWorld> {
    return new SurveyWorld(await openTestDatabase());
  }

  get db(): EntityManager {
    return this.test.dataSource.manager;
  }

  close(): Promise<void> {
    return this.test.close();
  }

  pass(milliseconds: number): void {
    this.clock = new Date(this.clock.getTime() + milliseconds);
  }

  /** A pipeline `main` of these steps, whose software is `reduce` unless they say. */
  async define(
    steps: readonly JsonObject[],
    { software = [aVersion('1.0.0')], pools = [], ...pipeline }: Definition = {},
  ): Promise<void> {
    const written = steps.map((step) => ({ software: 'reduce', ...step }));
    const document = {
      software,
      pools,
      locations: [SITE],
      groupings: [SURVEY],
      pipelines: [{ name: 'main', grouping: 'survey', location: 'site', steps: written, ...pipeline }],
    };
    await this.db.transaction(async (manager) => {
      await applyDefinitions(manager, document);
      // A schedule that is new begins with this transaction, by the database's clock.
      await queryRows(
        manager,
        sql`UPDATE pipeline SET cron_due_at = ${this.clock} WHERE cron_due_at = now()`,
      );
    });
  }

  /** Registers files now. */
  async ingest(files: readonly SurveyFile[]): Promise<void> {
    this.pass(1);
    const rows = files.map(({ name, dims = {}, metadata = {}, at = null }) => ({
      name,
      dims: { dataset: 'survey', ...dims },
      metadata,
      content_hash: sha256(`content of ${name}`),
      obs_time: at === null ? null : atNight(at),
    }));
    await queryRows(
      this.db,
      sql`WITH item AS (
            INSERT INTO data_item (kind, name, dims, metadata, content_hash, size_bytes, obs_time, registered_at, changed_at)
            SELECT 'RAW_DATA_FILE', name, dims, metadata, content_hash, 100, obs_time, ${this.clock}, ${this.clock}
            FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
              AS file (name text, dims jsonb, metadata jsonb, content_hash text, obs_time timestamptz)
            RETURNING id, name)
          INSERT INTO raw_data_file (item_id, external_id) SELECT id, name FROM item`,
    );
  }

  /** Gives a file other bytes now. */
  async rewrite(name: string): Promise<void> {
    this.pass(1);
    await queryRows(
      this.db,
      sql`UPDATE data_item SET content_hash = ${sha256(`${name} ${this.clock.getTime()}`)}, changed_at = ${this.clock} WHERE name = ${name}`,
    );
  }

  /** One tick of a trigger-manager that has just started; runs created. What it logs as an error is thrown. */
  async evaluate(): Promise<number> {
    this.pass(1);
    const errors: string[] = [];
    const pass = new EvaluateGapsPass({
      dataSource: this.test.dataSource,
      actor: 'trigger-manager@test',
      logger: pino({ level: 'error' }, { write: (line: string) => errors.push(line) }),
      now: () => Promise.resolve(this.clock),
      fireLimit: 1000,
    });
    const fired = await pass.run(new AbortController().signal);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return fired;
  }

  /** The schedule looked at, then one tick of the evaluation; runs created. */
  async tickOfCron(): Promise<number> {
    const pass = new FireCronPass({
      dataSource: this.test.dataSource,
      logger: pino({ level: 'silent' }),
      now: () => Promise.resolve(this.clock),
    });
    await this.stampingRequests(() => pass.run(new AbortController().signal));
    return this.evaluate();
  }

  /** Does something that asks for runs, as at the world's time: requests are compared with it, and the database stamps its own. */
  async stampingRequests(ask: () => Promise<unknown>): Promise<void> {
    this.pass(1);
    const [known] = await queryRows<{ id: number }>(
      this.db,
      sql`SELECT coalesce(max(id), 0)::int AS id FROM trigger_request`,
    );
    await ask();
    await queryRows(
      this.db,
      sql`UPDATE trigger_request SET requested_at = ${this.clock} WHERE id > ${known?.id ?? 0}`,
    );
  }

  /** Evaluates and completes one step after the other, and evaluates what that leaves. */
  async process(...steps: readonly string[]): Promise<void> {
    for (const step of steps) {
      await this.evaluate();
      await this.complete(step);
    }
    await this.evaluate();
  }

  subGroups(step: string): Promise<SeenSubGroup[]> {
    return queryRows(
      this.db,
      sql`SELECT g.id, g.dims, g.state, g.causes, g.detail, g.until, g.member_count AS members, g.report
          FROM sub_group g JOIN reduction_step step ON step.id = g.step_id WHERE step.name = ${step} ORDER BY g.dims, g.id`,
    );
  }

  async states(step: string): Promise<string[]> {
    return (await this.subGroups(step)).map(({ state }) => state);
  }

  runs(step: string): Promise<SeenRun[]> {
    return queryRows(
      this.db,
      sql`SELECT run.id, run.dims, run.status, run.causes, run.config, run.recipe_hash AS recipe, run.priority, used.version,
            ARRAY(SELECT item.name FROM input_set_member m JOIN data_item item ON item.id = m.item_id
              WHERE m.input_set_id = run.input_set_id AND m.binding = '' ORDER BY item.name) AS inputs,
            ARRAY(SELECT m.binding || ':' || item.name FROM input_set_member m JOIN data_item item ON item.id = m.item_id
              WHERE m.input_set_id = run.input_set_id AND m.binding <> '' ORDER BY 1) AS bound
          FROM run JOIN reduction_step step ON step.id = run.step_id JOIN reduction_software_version used ON used.id = run.software_version_id
          WHERE step.name = ${step} ORDER BY run.id`,
    );
  }

  /** Why the sub-group at a place of `subGroups` is what it is. */
  async explain(step: string, at = 0): Promise<GapEvidence> {
    const groups = await this.subGroups(step);
    const evidence = await explainGap(this.db, groups[at]?.id ?? 0, this.clock);
    if (evidence === undefined) throw new Error(`${step} has no sub-group ${at}`);
    return evidence;
  }

  /** Brings pending runs of a step to their end as the daemons do, each with one product; of all, or of those named. */
  async complete(step: string, only?: readonly number[]): Promise<void> {
    const pending = (await this.runs(step)).filter(
      ({ id, status }) => status === 'PENDING' && (only?.includes(id) ?? true),
    );
    const ids = pending.map(({ id }) => id);
    for (const status of ['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS'])
      await queryRows(
        this.db,
        sql`UPDATE run SET status = ${status}, attempt = 1 WHERE id = ANY(${ids}::bigint[])`,
      );
    await queryRows(
      this.db,
      sql`UPDATE run SET lease_owner = 'result-manager@test', lease_expires_at = now() + interval '1 hour' WHERE id = ANY(${ids}::bigint[])`,
    );
    await queryRows(
      this.db,
      sql`INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, submitted_at)
          SELECT id, 1, format('mrd-%s-1', id), format('job-%s', id), format('p/g/s/%s.1', id), cpus, memory_mb, walltime_minutes, now()
          FROM run WHERE id = ANY(${ids}::bigint[])`,
    );
    await registerResults(this.db, {
      actor: 'test',
      leaseOwner: 'result-manager@test',
      results: ids.map((runId) => resultOf(step, runId)),
    });
  }
}

function resultOf(step: string, runId: number) {
  const path = `science/${step}-${runId}.fits`;
  const product = {
    path,
    sizeBytes: 10,
    sha256: sha256(path),
    type: 'INTERMEDIATE' as const,
    dims: {},
    metrics: [],
    description: '',
  };
  const unmeasured = { host: null, startedAt: null, endedAt: null, cpuSeconds: null, peakMemoryMb: null };
  const facts = { runId, attempt: 1, exitCode: 0, ...unmeasured };
  return { runId, attempt: 1, products: [product], metrics: [], warnings: [], outcomes: null, facts };
}
