import type { Dims } from '@meridian/core';

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
