import type { Dims } from '@meridian/core';

/** Answers about where results come from, and what was made of them. */
export interface LineageItem {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly type: string | null;
  readonly dims: Dims;
}

export interface LineageRun {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly software: string;
  readonly software_version: string;
}

export interface LineageEdge {
  readonly item_id: number;
  readonly run_id: number;
}

/** One node of `GET /data-items/{id}/lineage`: an item or a run. */
export type LineageNode =
  | (Omit<LineageItem, 'id'> & {
      readonly kind: 'RAW_DATA_FILE' | 'RAW_DATA_PACKAGE' | 'DATA_PRODUCT';
      readonly item_id: number;
    })
  | (Omit<LineageRun, 'id'> & { readonly kind: 'RUN'; readonly run_id: number });

export interface LineageAnswer {
  readonly nodes: readonly LineageNode[];
  /** In the direction in which data flow; ids are `item:17` and `run:5`. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly relation: 'used' | 'generated';
  }[];
  readonly truncated: boolean;
}

/** Items, the runs that connect them, and which run made and used which item. */
export interface Lineage {
  readonly items: readonly LineageItem[];
  readonly runs: readonly LineageRun[];
  readonly made: readonly LineageEdge[];
  readonly used: readonly LineageEdge[];
  /** There is more than was asked for. */
  readonly truncated: boolean;
}

export interface Taint {
  readonly id: number;
  readonly of: string;
  readonly item: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly reason: string;
  readonly marked_by: string;
  readonly marked_at: string;
  readonly lifted_at: string | null;
  readonly lifted_why: string | null;
  readonly products: number;
  readonly current_products: number;
  readonly published: number;
}

export interface Reprocessing {
  readonly steps: readonly {
    readonly pipeline: string;
    readonly step: string;
    readonly direct: number;
    readonly following: number;
    readonly bad_again: number;
  }[];
  readonly runs: number;
  readonly forced: number;
}

export interface ImpactTotals {
  readonly runs: number;
  readonly products: number;
  readonly current_sub_groups: number;
  readonly published: number;
}

export interface Impact {
  readonly of: string;
  readonly total: ImpactTotals;
  readonly steps: readonly (ImpactTotals & { readonly pipeline: string; readonly step: string })[];
  readonly sub_groups: readonly { readonly id: number; readonly dims: Dims; readonly run_id: number }[];
  readonly publications: readonly {
    readonly id: number;
    readonly product_id: number;
    readonly location: string;
    readonly path: string;
  }[];
}

export interface ResultAsOf {
  readonly sub_group_id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly dims: Dims;
  readonly run_id: number;
  readonly finished_at: string;
  readonly software: string;
  readonly software_version: string;
  readonly inputs: number;
  readonly products: number;
  readonly replaced_by_run_id: number | null;
}
