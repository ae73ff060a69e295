import type { Dims } from '@meridian/core';

/** One of `GET /failures`: what failed and was not healed since. */
export interface Failure {
  readonly kind: 'sub_group' | 'item';
  readonly run_id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly dims: Dims;
  readonly item: string | null;
  readonly outcome: string;
  readonly failure_class: string;
  readonly reason: string;
  readonly has_result: boolean;
}
