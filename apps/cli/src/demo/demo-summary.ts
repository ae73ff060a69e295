import type { Dims } from '@meridian/core';
import type { ExportedFile } from './source-table.js';

/** One current product, with where its file is. */
export interface SummaryProduct {
  readonly id: number;
  readonly type: string;
  readonly step: string;
  /** Absolute. */
  readonly path: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly run_id: number;
  readonly dims: Dims;
}

/** What `meridian demo --json` prints as its last line. */
export interface DemoSummary {
  readonly pipeline: string;
  readonly runs: { readonly completed: number; readonly failed: number };
  readonly products: readonly SummaryProduct[];
  /** Files of the directory that could not be read. */
  readonly left_out: readonly { readonly path: string; readonly message: string }[];
  /** Result tables, exported. */
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly files: readonly ExportedFile[];
  }[];
  /** Of the mosaic, in public formats. */
  readonly provenance: readonly ExportedFile[];
  readonly metrics: { readonly mosaic: Readonly<Record<MosaicMetric, number | null>> };
  readonly lineage_depth: number;
  readonly elapsed_seconds: number;
}

/** What the mosaic step measures of itself. */
export const MOSAIC_METRICS = [
  'sources',
  'overlap_pairs',
  'overlap_offset_arcsec_median',
  'overlap_magnitude_difference_median',
] as const;
export type MosaicMetric = (typeof MOSAIC_METRICS)[number];

/** The mosaic's metrics out of a run's; null for what it could not measure (one frame has no overlaps). */
export const mosaicMetricsOf = (
  metrics: readonly { readonly name: string; readonly value: number }[],
): Readonly<Record<MosaicMetric, number | null>> =>
  Object.fromEntries(
    MOSAIC_METRICS.map((name) => [name, metrics.find((metric) => metric.name === name)?.value ?? null]),
  ) as Readonly<Record<MosaicMetric, number | null>>;
