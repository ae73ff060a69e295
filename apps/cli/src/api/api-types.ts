import type { Dims, KillScope, Problem, RunStatus, SubGroupState } from '@meridian/core';

/** What the API answers, as far as the commands read it (openapi.json says the rest). */
export interface DefinitionChange {
  readonly kind: 'software' | 'location' | 'pool' | 'grouping' | 'pipeline' | 'step';
  readonly name: string;
  readonly change: 'created' | 'updated' | 'unchanged' | 'retired';
  readonly fields: readonly string[];
}

export type StateCounts = Partial<Record<SubGroupState, number>>;

export interface Pipeline {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly grouping: string;
  readonly location: string;
  readonly trigger: string;
  readonly trigger_config: { readonly expression: string; readonly timezone: string } | null;
  readonly priority: number;
  readonly enabled: boolean;
  readonly paused_at: string | null;
  /** Sub-groups that were found to be other than the archive says, ever. */
  readonly drift_count: number;
  readonly reconciled_at: string | null;
  readonly sub_groups: StateCounts;
}

export interface PipelineStep {
  readonly name: string;
  readonly position: number;
  readonly software: string;
  readonly software_version: string;
  readonly depends_on: readonly string[];
  readonly paused_at: string | null;
  readonly drift_count: number;
  readonly sub_groups: StateCounts;
}

export interface PipelineDetail extends Pipeline {
  readonly steps: readonly PipelineStep[];
}

export interface Gap {
  readonly sub_group_id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly dims: Dims;
  readonly state: SubGroupState;
  readonly state_since: string;
  readonly causes: readonly string[];
  /** What stands in the way, as a sentence. */
  readonly explanation: string;
  readonly until: string | null;
  readonly member_count: number;
  readonly last_run: { readonly id: number; readonly status: RunStatus } | null;
}

/** What a running program said last of itself. */
export interface SaidProgress {
  readonly fraction: number | null;
  readonly message: string;
  readonly items_done: number | null;
  readonly items_total: number | null;
}

export interface Run {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly sub_group_id: number;
  readonly status: RunStatus;
  readonly causes: readonly string[];
  readonly dims: Dims;
  readonly attempt: number;
  readonly failure_class: string | null;
  readonly failure_reason: string | null;
  readonly waiting_reason: string | null;
  readonly created_at: string;
  readonly changed_at: string;
  readonly finished_at: string | null;
  readonly progress: SaidProgress | null;
}

export interface StepRuns {
  readonly pipeline: string;
  readonly step: string;
  /** A status that no run is in is absent. */
  readonly statuses: Partial<Record<RunStatus, number>>;
}

export interface RunDetail extends Run {
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
  readonly events: readonly {
    readonly at: string;
    readonly from: string | null;
    readonly to: string;
    readonly reason: string;
    readonly actor: string;
  }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

export interface Publication {
  readonly id: number;
  readonly product_id: number;
  readonly product: string;
  readonly pipeline: string;
  readonly step: string;
  readonly location: string;
  readonly state: string;
  readonly reasons: readonly string[];
  readonly version: number | null;
  readonly path: string | null;
}

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly pipeline: string;
  readonly step: string;
  readonly run_id: number;
  readonly path: string;
  readonly description: string;
  readonly dims: Dims;
  readonly size_bytes: number;
  readonly sha256: string;
  /** Null where stale ones were not asked for. */
  readonly stale_reasons: readonly string[] | null;
  /** Of its picture; null where there will be none. */
  readonly preview: 'found' | 'wanted' | 'made' | 'impossible' | null;
  /** Whether a copy can be read. */
  readonly bytes: 'present' | 'purged' | 'missing';
}

export interface Copy {
  readonly location: string;
  readonly path: string;
  readonly status: string;
}

export interface ProductDetail extends Product {
  readonly copies: readonly Copy[];
}

export interface TriggerRequest {
  readonly id: number;
  readonly closed_at: string | null;
}

export interface GroupingClose {
  readonly id: number;
  readonly sub_groups: number;
}

export interface Daemon {
  readonly daemon: string;
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly started_at: string;
  readonly beat_at: string;
  readonly state: 'alive' | 'late';
}

export interface Breaker {
  readonly id: number;
  readonly location: string;
  readonly pipeline: string;
  readonly step: string;
  readonly failure_class: string;
  readonly state: 'open' | 'half_open' | 'closed';
  readonly failures: number;
  readonly outcomes: number;
  readonly last_failure: string;
  readonly retry_at: string;
  readonly probe_run_id: number | null;
  readonly closed_at: string | null;
  readonly closed_by: string | null;
}

export interface Token {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly role: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

export interface BulkIngestAnswer {
  readonly registered: number;
  readonly changed: number;
  readonly unchanged: number;
  /** `path` is a JSON pointer: `/rows/3/dims/source`. */
  readonly problems: readonly Problem[];
}

export interface Location {
  readonly name: string;
  readonly kind: string;
  readonly base_path: string;
  readonly backend: string | null;
  readonly health: {
    readonly state: 'unknown' | 'healthy' | 'unhealthy';
    readonly message: string | null;
    readonly action: string | null;
    readonly image_problems: readonly string[];
    readonly details: Readonly<Record<string, unknown>>;
  };
}

export interface KillSite {
  readonly location: string;
  readonly answered_at: string | null;
  /** Why the newest question got no answer; null when it did. */
  readonly silence: string | null;
  readonly told_count: number;
  readonly alive_count: number;
  readonly alive: readonly {
    readonly job_id: string;
    readonly token: string;
    readonly run_id: number;
    readonly pipeline: string | null;
    readonly state: 'queued' | 'running';
    readonly since: string | null;
  }[];
}

export interface Kill {
  readonly id: number;
  readonly scope: KillScope;
  readonly target: string | null;
  readonly reason: string;
  readonly requested_by: string;
  readonly requested_at: string;
  readonly state: 'open' | 'settled' | 'given_up';
  readonly holds: boolean;
  /** The proof, or what stands between us and it, in one sentence. */
  readonly summary: string;
  readonly runs: Partial<Record<RunStatus, number>>;
  readonly sites: readonly KillSite[];
}
