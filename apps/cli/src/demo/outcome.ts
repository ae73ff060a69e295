import { join } from 'node:path';
import { SUCCESSFUL_STATUSES } from '@meridian/core';
import type { RunStatus } from '@meridian/core';
import type { ApiClient } from '../api/api-client.js';
import type {
  Gap,
  Location,
  PipelineDetail,
  Product,
  ProductDetail,
  Run,
  RunDetail,
} from '../api/api-types.js';
import { fetchLineage } from '../api/fetch-lineage.js';
import { lineageDepth } from '../api/lineage-tree.js';
import type { Lineage } from '../api/provenance-types.js';
import type { FailedFile } from '../ingest/ingest-directory.js';
import { mosaicMetricsOf } from './demo-summary.js';
import type { DemoSummary, SummaryProduct } from './demo-summary.js';
import { exportProvenance, type ProvenanceRequest } from './provenance-files.js';
import { exportSources } from './source-table.js';
import type { ExportedFile, SourceTable } from './source-table.js';

const MOSAIC_STEP = 'mosaic';

/** Everything there is to say about a pipeline that has nothing left to do. */
export interface DemoOutcome {
  readonly pipeline: PipelineDetail;
  readonly runs: readonly Run[];
  readonly products: readonly SummaryProduct[];
  /** What did not become current, and why; empty when all is well. */
  readonly gaps: readonly Gap[];
  /** Files that were not registered, and why. */
  readonly leftOut: readonly FailedFile[];
  /** What was detected on every exposure; null where its software fills no table. */
  readonly sources: SourceTable | null;
  readonly mosaic: {
    readonly product: SummaryProduct;
    readonly run: RunDetail;
    readonly lineage: Lineage;
    /** How it came about, in public formats. */
    readonly provenance: readonly ExportedFile[];
  } | null;
}

const BRIGHTEST = 5;

/**
 * Asks the API for the outcome of a pipeline, and writes its tables, and the provenance of its mosaic, into `directory`.
 *
 * What is written at the end of a demo is added here, and said by `print-outcome.ts`.
 */
export async function collectOutcome(
  client: ApiClient,
  pipeline: PipelineDetail,
  { dataset, directory }: { readonly dataset: string; readonly directory: string },
): Promise<Omit<DemoOutcome, 'leftOut'>> {
  const query = { pipeline: pipeline.name };
  const products = await locate(client, await client.list<Product>('/products', query));
  return {
    pipeline,
    runs: await client.list<Run>('/runs', query),
    products,
    gaps: (await client.list<Gap>('/gaps', query)).filter((gap) => gap.state !== 'waived'),
    sources: await exportSources(client, { pipeline, dataset, directory, brightest: BRIGHTEST }),
    mosaic: await mosaicOf(client, products, { dataset, directory }),
  };
}

/** The outcome as the JSON line of `--json`. */
export function summaryOf(
  { pipeline, runs, products, sources, mosaic, leftOut }: DemoOutcome,
  startedAt: Date,
  now: Date,
): DemoSummary {
  const count = (statuses: readonly RunStatus[]): number =>
    runs.filter((run) => statuses.includes(run.status)).length;
  return {
    pipeline: pipeline.name,
    runs: { completed: count(SUCCESSFUL_STATUSES), failed: count(['FAILED']) },
    products,
    left_out: leftOut,
    tables: sources === null ? [] : [{ table: sources.table, rows: sources.rows, files: sources.files }],
    provenance: mosaic?.provenance ?? [],
    metrics: { mosaic: mosaicMetricsOf(mosaic?.run.metrics ?? []) },
    lineage_depth: mosaic === null ? 0 : lineageDepth(mosaic.lineage, mosaic.product.id),
    elapsed_seconds: Math.round((now.getTime() - startedAt.getTime()) / 100) / 10,
  };
}

// Without the files' own locations a product has no place: the copy that is there is the one the run wrote.
async function locate(client: ApiClient, products: readonly Product[]): Promise<SummaryProduct[]> {
  const bases = new Map(
    (await client.list<Location>('/locations')).map(({ name, base_path: base }) => [name, base]),
  );
  const located: SummaryProduct[] = [];
  for (const product of products) {
    const { copies } = await client.get<ProductDetail>(`/products/${product.id}`);
    const copy = copies.find((one) => one.status === 'PRESENT') ?? copies[0];
    const { id, type, step, size_bytes, sha256, run_id, dims } = product;
    const path = copy === undefined ? product.path : join(bases.get(copy.location) ?? '/', copy.path);
    located.push({ id, type, step, path, size_bytes, sha256, run_id, dims });
  }
  return located.sort((a, b) => a.run_id - b.run_id || (a.path < b.path ? -1 : 1));
}

async function mosaicOf(
  client: ApiClient,
  products: readonly SummaryProduct[],
  files: Omit<ProvenanceRequest, 'productId'>,
): Promise<DemoOutcome['mosaic']> {
  const product = products.find((one) => one.step === MOSAIC_STEP && /\.fits$/.test(one.path));
  if (product === undefined) return null;
  const run = await client.get<RunDetail>(`/runs/${product.run_id}`);
  const lineage = await fetchLineage(client, product.id, 'up');
  const provenance = await exportProvenance(client, { ...files, productId: product.id });
  return { product, run, lineage, provenance };
}
