import { createHash } from 'node:crypto';
import {
  sql,
  type CronSchedule,
  type JsonObject,
  type ResultTable,
  type SqlFragment,
  type TriggerType,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { ensureResultRelations } from '../queries/result-tables/ensure-result-relations.sql.js';
import { registerResultTables } from '../queries/result-tables/register-result-tables.sql.js';
import { queryRow } from '../sql.js';

/** Every name a builder makes up ends in a number of its own, so that builders never collide. */
let sequence = 0;
export const nextNumber = (): number => (sequence += 1);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The `id` that an INSERT … RETURNING gave. */
export const insertedId = async (db: EntityManager, insert: SqlFragment): Promise<number> => {
  const row = await queryRow<{ id: number }>(db, insert);
  if (row === undefined) throw new Error('the statement returned no id');
  return row.id;
};

export interface LocationOptions {
  readonly name?: string;
  readonly kind?: 'SOURCE' | 'BUFFER' | 'LONG_TERM_ARCHIVE' | 'PROCESSING';
  readonly basePath?: string;
  readonly backend?: 'local' | 'fake' | 'slurm-rest' | 'slurm-ssh';
  readonly backendConfig?: JsonObject;
  readonly runtime?: 'host' | 'apptainer' | 'singularity';
  readonly staging?: 'link' | 'copy';
  readonly maxActiveRuns?: number;
  readonly maxJobsInQueue?: number;
}

/** A location; by default a PROCESSING one with the fake backend and the host runtime. */
export function aLocation(db: EntityManager, options: LocationOptions = {}): Promise<number> {
  const n = nextNumber();
  const { kind = 'PROCESSING', staging = 'link', backendConfig = {} } = options;
  const { name = `location-${n}`, basePath = `/nowhere/location-${n}` } = options;
  const processing = kind === 'PROCESSING';
  const backend = processing ? (options.backend ?? 'fake') : null;
  const runtime = processing ? (options.runtime ?? 'host') : null;
  return insertedId(
    db,
    sql`INSERT INTO data_location (name, kind, base_path, backend, backend_config, runtime, staging, max_active_runs, max_jobs_in_queue)
        VALUES (${name}, ${kind}, ${basePath}, ${backend}, ${JSON.stringify(backendConfig)}, ${runtime}, ${staging},
                ${options.maxActiveRuns ?? null}, ${options.maxJobsInQueue ?? null}) RETURNING id`,
  );
}

export interface SoftwareOptions {
  readonly name?: string;
  readonly version?: string;
  readonly hostDirectory?: string | null;
  readonly imageRef?: string | null;
  readonly imageDigest?: string | null;
  readonly digest?: string;
  readonly command?: readonly string[];
  readonly environment?: JsonObject;
  readonly configSchema?: JsonObject;
  readonly exitCodes?: JsonObject;
  readonly tables?: readonly ResultTable[];
}

export interface BuiltSoftware {
  readonly softwareId: number;
  readonly versionId: number;
}

/** A software and one version of it; the same name again adds a version. */
export async function aSoftwareVersion(
  db: EntityManager,
  options: SoftwareOptions = {},
): Promise<BuiltSoftware> {
  const n = nextNumber();
  const {
    name = `software-${n}`,
    version = '1.0.0',
    command = ['true'],
    imageRef = null,
    tables = [],
  } = options;
  const hostDirectory = options.hostDirectory === undefined ? '/usr/bin' : options.hostDirectory;
  const digest = options.digest ?? `sha256:${sha256(`${name} ${version}`)}`;
  const softwareId = await insertedId(
    db,
    sql`INSERT INTO reduction_software (name) VALUES (${name})
        ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
  );
  const versionId = await insertedId(
    db,
    sql`INSERT INTO reduction_software_version
          (software_id, version, image_ref, image_digest, host_directory, digest, command, environment, config_schema, exit_codes, tables)
        VALUES (${softwareId}, ${version}, ${imageRef}, ${options.imageDigest ?? null}, ${hostDirectory}, ${digest}, ${JSON.stringify(command)},
                ${JSON.stringify(options.environment ?? {})}, ${JSON.stringify(options.configSchema ?? {})},
                ${JSON.stringify(options.exitCodes ?? {})}, ${JSON.stringify(tables)}) RETURNING id`,
  );
  if (tables.length > 0) {
    await registerResultTables(db, { name, tables });
    await ensureResultRelations(db, { name, tables });
  }
  return { softwareId, versionId };
}

/** A grouping; without a filter it takes everything. */
export const aGrouping = (
  db: EntityManager,
  options: { name?: string; filter?: unknown } = {},
): Promise<number> =>
  insertedId(
    db,
    sql`INSERT INTO data_grouping (name, filter)
        VALUES (${options.name ?? `grouping-${nextNumber()}`}, ${JSON.stringify(options.filter ?? [])}) RETURNING id`,
  );

export interface PipelineOptions {
  readonly name?: string;
  readonly groupingId?: number;
  readonly locationId?: number;
  readonly trigger?: TriggerType;
  /** Of a CRON pipeline. */
  readonly schedule?: CronSchedule;
  readonly cronDueAt?: Date;
  readonly priority?: number;
  readonly enabled?: boolean;
}

export interface BuiltPipeline {
  readonly pipelineId: number;
  readonly groupingId: number;
  readonly locationId: number;
}

/** A pipeline without steps, with a grouping and a location of its own unless they are given. */
export async function aPipeline(db: EntityManager, options: PipelineOptions = {}): Promise<BuiltPipeline> {
  const groupingId = options.groupingId ?? (await aGrouping(db));
  const locationId = options.locationId ?? (await aLocation(db));
  const pipelineId = await insertedId(
    db,
    sql`INSERT INTO pipeline (name, data_grouping_id, processing_location_id, trigger_type, trigger_config, cron_due_at, priority, enabled, created_by)
        VALUES (${options.name ?? `pipeline-${nextNumber()}`}, ${groupingId}, ${locationId},
                ${options.trigger ?? 'CONTINUOUS'}, ${options.schedule === undefined ? null : JSON.stringify(options.schedule)}::jsonb,
                ${options.cronDueAt ?? null}::timestamptz, ${options.priority ?? 0}, ${options.enabled ?? true}, 'test') RETURNING id`,
  );
  return { pipelineId, groupingId, locationId };
}

/** A pool with as many slots; its name. */
export async function aPool(
  db: EntityManager,
  slots: number,
  name = `pool-${nextNumber()}`,
): Promise<string> {
  await insertedId(db, sql`INSERT INTO run_pool (name, slots) VALUES (${name}, ${slots}) RETURNING id`);
  return name;
}

export interface StepOptions {
  readonly pipeline?: BuiltPipeline;
  readonly software?: BuiltSoftware;
  readonly name?: string;
  readonly position?: number;
  readonly versionPolicy?: 'exact' | 'compatible' | 'any';
  readonly dependsOn?: readonly BuiltStep[];
  readonly groupBy?: readonly unknown[] | JsonObject;
  readonly inputs?: JsonObject;
  readonly parameters?: JsonObject;
  readonly upstreamPolicy?: 'all_current' | 'available';
  readonly cooldownSeconds?: number;
  readonly settleSeconds?: number;
  readonly minMembers?: number;
  readonly maxMemoryMb?: number;
  readonly maxWalltimeMinutes?: number;
  readonly retry?: JsonObject;
  readonly outputs?: JsonObject;
  readonly quality?: readonly JsonObject[];
  readonly publication?: JsonObject;
  readonly retention?: JsonObject;
  readonly maxActiveRuns?: number;
  readonly pool?: string;
  readonly recipeHash?: string;
  readonly softwareHash?: string;
  readonly configHash?: string;
}

export interface BuiltStep extends BuiltPipeline, BuiltSoftware {
  readonly stepId: number;
  readonly name: string;
  readonly recipeHash: string;
  readonly softwareHash: string;
  readonly configHash: string;
}

const jsonOrNull = (document: JsonObject | undefined): string | null =>
  document === undefined ? null : JSON.stringify(document);

/** A step that asks for 1 CPU, 1024 MB and 60 minutes, in a pipeline of its own unless one is given. */
export async function aStep(db: EntityManager, options: StepOptions = {}): Promise<BuiltStep> {
  const n = nextNumber();
  const pipeline = options.pipeline ?? (await aPipeline(db));
  const software = options.software ?? (await aSoftwareVersion(db));
  const { name = `step-${n}`, position = n, versionPolicy = 'compatible' } = options;
  const recipeHash = options.recipeHash ?? (await aRecipe(db));
  const { softwareHash = sha256(`software ${n}`), configHash = sha256(`config ${n}`) } = options;
  const configId = await insertedId(
    db,
    sql`INSERT INTO reduction_step_config (parameters) VALUES (${JSON.stringify(options.parameters ?? {})}) RETURNING id`,
  );
  const stepId = await insertedId(
    db,
    sql`INSERT INTO reduction_step (pipeline_id, name, position, software_id, software_version_id, version_policy, config_id,
          group_by, inputs, upstream_policy, cooldown_seconds, settle_seconds, min_members, max_memory_mb, max_walltime_minutes,
          retry, outputs, quality, publication, retention, max_active_runs, pool, recipe_hash, software_hash, config_hash)
        VALUES (${pipeline.pipelineId}, ${name}, ${position}, ${software.softwareId}, ${software.versionId}, ${versionPolicy},
          ${configId}, ${JSON.stringify(options.groupBy ?? [])}, ${JSON.stringify(options.inputs ?? {})},
          ${options.upstreamPolicy ?? 'all_current'}, ${options.cooldownSeconds ?? 0}, ${options.settleSeconds ?? 0},
          ${options.minMembers ?? 1}, ${options.maxMemoryMb ?? 1024}, ${options.maxWalltimeMinutes ?? 60},
          ${JSON.stringify(options.retry ?? {})}, ${JSON.stringify(options.outputs ?? {})},
          ${JSON.stringify(options.quality ?? [])}, ${jsonOrNull(options.publication)}::jsonb, ${jsonOrNull(options.retention)}::jsonb, ${options.maxActiveRuns ?? null},
          ${options.pool ?? null}, ${recipeHash}, ${softwareHash}, ${configHash}) RETURNING id`,
  );
  for (const upstream of options.dependsOn ?? []) await aDependency(db, stepId, upstream.stepId);
  return { ...pipeline, ...software, stepId, name, recipeHash, softwareHash, configHash };
}

/** Makes one step depend on another; a step depends on it from then on, so it is no final one any more. */
export const aDependency = (db: EntityManager, stepId: number, upstreamStepId: number): Promise<number> =>
  insertedId(
    db,
    sql`INSERT INTO reduction_step_dependency VALUES (${stepId}, ${upstreamStepId}) RETURNING step_id AS id`,
  );

/** A stored recipe; its hash. */
export async function aRecipe(
  db: EntityManager,
  document: JsonObject = { n: nextNumber() },
): Promise<string> {
  const hash = sha256(JSON.stringify(document));
  await queryRow(
    db,
    sql`INSERT INTO recipe (hash, document) VALUES (${hash}, ${JSON.stringify(document)}) ON CONFLICT DO NOTHING RETURNING hash`,
  );
  return hash;
}
