import type { FailureClass } from '../run/failure-class.js';
import type { VersionPolicy } from '../recipe/recipe.js';
import type { LocationMarks } from '../retention/parse-water-marks.js';
import type { Json, JsonObject } from '../shared/json.js';
import type { ResultTable } from '../table/result-table.js';

/*
 * A definitions file in its own words (snake_case), with every default filled in. `null` means "not said": what is
 * there is kept, or there is none.
 */

export interface SoftwareDefinition {
  readonly name: string;
  readonly description: string | null;
  readonly version: string;
  readonly image: string | null;
  readonly host_directory: string | null;
  /** What the image's bytes, or its manifest, must be; null for a tag, which is pinned when it is first resolved. */
  readonly image_digest: string | null;
  /** Of all that decides what the program does: its image, its folder, or both. */
  readonly digest: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly config_schema: JsonObject;
  readonly exit_codes: Readonly<Record<string, FailureClass>>;
  readonly tables: readonly ResultTable[];
}

export const LOCATION_KINDS = ['SOURCE', 'BUFFER', 'LONG_TERM_ARCHIVE', 'PROCESSING'] as const;
export type LocationKind = (typeof LOCATION_KINDS)[number];
export const LOCATION_BACKENDS = ['local', 'fake', 'slurm-rest', 'slurm-ssh'] as const;
export type LocationBackend = (typeof LOCATION_BACKENDS)[number];
export const LOCATION_RUNTIMES = ['host', 'apptainer', 'singularity'] as const;
export type LocationRuntime = (typeof LOCATION_RUNTIMES)[number];
export const STAGING_KINDS = ['link', 'copy'] as const;

export interface LocationDefinition extends LocationMarks {
  readonly name: string;
  readonly kind: LocationKind;
  readonly base_path: string;
  readonly backend: LocationBackend | null;
  readonly backend_config: JsonObject;
  readonly runtime: LocationRuntime | null;
  readonly staging: (typeof STAGING_KINDS)[number];
  readonly max_active_runs: number | null;
  readonly max_jobs_in_queue: number | null;
}

export interface GroupingDefinition {
  readonly name: string;
  readonly description: string;
  readonly filter: Json;
}

/** So many runs at once, whatever pipeline their steps belong to. */
export interface PoolDefinition {
  readonly name: string;
  readonly slots: number;
}

export const TRIGGER_TYPES = ['CONTINUOUS', 'CRON', 'MANUAL'] as const;
export type TriggerType = (typeof TRIGGER_TYPES)[number];

/** `CONTINUOUS`, `MANUAL`, or the times at which a CRON pipeline is due. */
export type PipelineTrigger = Exclude<TriggerType, 'CRON'> | CronTrigger;
export interface CronTrigger {
  readonly cron: string;
  readonly timezone: string;
}

export interface PipelineDefinition {
  readonly name: string;
  readonly description: string;
  readonly grouping: string;
  readonly location: string;
  readonly trigger: PipelineTrigger;
  readonly priority: number;
  /** Null keeps what an operator set; a new pipeline starts enabled. */
  readonly enabled: boolean | null;
  /** In the order of the file; the graph they make has no circle. */
  readonly steps: readonly StepDefinition[];
}

export const UPSTREAM_POLICIES = ['all_current', 'available'] as const;
export type UpstreamPolicy = (typeof UPSTREAM_POLICIES)[number];

export interface StepResources {
  readonly cpus: number;
  readonly memory_mb: number;
  readonly walltime_minutes: number;
  readonly max_memory_mb: number;
  readonly max_walltime_minutes: number;
}

export interface StepDefinition {
  readonly name: string;
  readonly software: string;
  /** The pin: one version (`1.2.3`) or a line of them (`1.2`); null follows the newest. */
  readonly version: string | null;
  readonly version_policy: VersionPolicy;
  readonly depends_on: readonly string[];
  readonly group_by: Json;
  readonly config: JsonObject;
  /** Always says `raw`; `types` and `pattern` only when the file does. */
  readonly inputs: JsonObject;
  readonly upstream_policy: UpstreamPolicy;
  readonly cooldown_seconds: number;
  readonly settle_seconds: number;
  readonly min_members: number;
  /** What makes a sub-group complete (`parseExpectation`); null leaves it to `min_members`. */
  readonly expect: JsonObject | null;
  /** How long after its first member an incomplete sub-group is waited for; null is for ever. */
  readonly max_wait_seconds: number | null;
  readonly associations: readonly Json[];
  readonly resources: StepResources;
  readonly retry: JsonObject;
  readonly outputs: JsonObject;
  /** Rules that judge each result (`parseQuality`). */
  readonly quality: readonly Json[];
  /** Which results become public, and when (`parsePublication`); null: none. */
  readonly publication: JsonObject | null;
  /** How long the bytes of results are kept (`parseRetention`); null: for ever. */
  readonly retention: JsonObject | null;
  readonly max_active_runs: number | null;
  readonly pool: string | null;
}

/** A whole file. Names in it may refer to what the ops-db already holds. */
export interface Definitions {
  readonly software: readonly SoftwareDefinition[];
  readonly locations: readonly LocationDefinition[];
  readonly pools: readonly PoolDefinition[];
  readonly groupings: readonly GroupingDefinition[];
  readonly pipelines: readonly PipelineDefinition[];
}
