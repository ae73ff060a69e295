/* What the API answers about retention. */

export interface PurgeSum {
  readonly action: 'delete' | 'keep';
  readonly reason: string;
  readonly files: number;
  readonly bytes: number;
}

export interface PurgePlan {
  readonly location: string;
  readonly down_to_bytes: number;
  readonly used_before_bytes: number;
  readonly used_after_bytes: number;
  readonly is_complete: boolean;
  readonly sums: readonly PurgeSum[];
}

export interface Purge {
  readonly id: number;
  readonly location: string;
  readonly reason: string;
  readonly state: 'waiting' | 'running' | 'done';
  readonly down_to_bytes: number;
  readonly used_before_bytes: number | null;
  readonly deleted_bytes: number;
  readonly problem: string | null;
  readonly sums: readonly PurgeSum[];
  readonly started_at: string | null;
}

export interface PurgeDecision {
  readonly location: string;
  readonly item_id: number | null;
  readonly path: string;
  readonly bytes: number;
  readonly action: 'delete' | 'keep';
  readonly reason: string;
  readonly detail: string;
  readonly deleted_at: string | null;
}

export interface LocationUsage {
  readonly location: string;
  readonly bytes: number;
}
