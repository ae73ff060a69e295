import type { Dims } from '@meridian/core';

/** An item that a complete run still owes. */
export interface ItemGap {
  readonly item_id: number;
  readonly name: string;
  readonly dims: Dims;
  readonly outcome: 'failed' | 'missing';
  readonly failure_class: string;
  readonly reason: string;
  readonly run_id: number;
  readonly is_retried: boolean;
  readonly pending: { readonly sub_group_id: number; readonly state: string } | null;
}

export interface RetriedItems {
  readonly items: number;
  readonly sub_groups: number;
  readonly not_retried: number;
  readonly pending: number;
  readonly is_more: boolean;
}
