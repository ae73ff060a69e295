import type { Dims, SubGroupState } from '@meridian/core';
import type { DefinitionChange, Gap, StateCounts } from './api-types.js';

export interface Quantiles {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export interface PlannedRuns {
  readonly now: number;
  readonly later: number;
  readonly follows: number;
}

export interface PlannedSubGroup {
  readonly dims: Dims;
  readonly before: SubGroupState | null;
  readonly after: SubGroupState | null;
  readonly causes: readonly string[];
  readonly explanation: string;
  readonly run: 'now' | 'later' | 'follows' | null;
}

export interface PlannedStep {
  readonly step: string;
  readonly retired: boolean;
  readonly before: StateCounts;
  readonly after: StateCounts;
  readonly runs: PlannedRuns;
  readonly input_bytes: number;
  readonly core_hours: Quantiles | null;
  readonly finish_seconds: Quantiles | null;
  readonly sample: readonly PlannedSubGroup[];
}

export interface PipelinePlan {
  readonly pipeline: string;
  readonly trigger: string;
  readonly changes: readonly DefinitionChange[];
  readonly steps: readonly PlannedStep[];
  readonly runs: PlannedRuns;
  readonly input_bytes: number;
  readonly core_hours: Quantiles | null;
  readonly finish_seconds: Quantiles | null;
  readonly steps_without_history: readonly string[];
}

export interface AssociationChoice {
  readonly item: string;
  readonly method: string;
  readonly offset_seconds: number;
}

export interface GapExplanation {
  readonly gap: Gap;
  readonly last_result: {
    readonly run_id: number;
    readonly finished_at: string;
    readonly software_version: string;
  } | null;
  readonly software_version: string;
  readonly inputs: readonly {
    readonly change: 'added' | 'removed' | 'changed' | 'remade';
    readonly name: string;
    readonly was: string | null;
    readonly is: string | null;
    readonly at: string;
    readonly run_id: number | null;
  }[];
  readonly recipe: readonly {
    readonly component: string;
    readonly path: string;
    readonly was: unknown;
    readonly is: unknown;
  }[];
  readonly associations: readonly {
    readonly name: string;
    readonly role: string;
    readonly was: AssociationChoice | null;
    readonly is: AssociationChoice | null;
  }[];
  readonly blocked_by: readonly {
    readonly sub_group_id: number;
    readonly step: string;
    readonly dims: Dims;
    readonly state: SubGroupState;
    readonly explanation: string;
  }[];
  readonly report: { readonly refused?: readonly { readonly id: number; readonly reason: string }[] };
  readonly holds: readonly string[];
  readonly needs:
    'nothing' | 'time' | 'inputs' | 'upstream' | 'producer' | 'run' | 'schedule' | 'person' | 'change';
  readonly earliest_at: string | null;
  readonly unaided_at: string | null;
}
