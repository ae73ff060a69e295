import { safeText } from '../run/failure-reason.js';
import type { Dims, JsonObject } from '../shared/json.js';
import { classifyOutputs, isTableFile } from './classify-outputs.js';
import { findPreview } from './find-preview.js';
import { parseMetricsFile, type Metric } from './metrics-file.js';
import type { OutputWarning } from './output-warning.js';
import type { ProductType } from './product-type.js';
import { parseProductsFile, type DeclaredProduct } from './products-file.js';
import { brokenPromises } from './promises.js';
import type { SkippedEntry } from './result-record.js';
import type { StepOutputs } from './step-outputs.js';
import { parseWarningsFile } from './warnings-file.js';

/** One file that the job script recorded. */
export interface OutputFile {
  /** Relative to the output directory. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One product as it will be registered. */
export interface CollectedProduct extends OutputFile {
  readonly type: ProductType;
  /** What the tool says beyond the dims of the run. */
  readonly dims: Dims;
  readonly metrics: readonly Metric[];
  readonly description: string;
  /** What its headers say; absent where nobody read them. */
  readonly metadata?: JsonObject;
  /** The path of the picture that the program made of it; `wanted` where one is to be made. */
  readonly preview?: { readonly path: string } | 'wanted';
}

export interface CollectedOutputs {
  readonly products: readonly CollectedProduct[];
  readonly metrics: readonly Metric[];
  readonly warnings: readonly OutputWarning[];
  /** Promises that were not kept: any of them fails the run as CONTRACT. */
  readonly broken: readonly string[];
}

/** Texts of the files a tool may write about itself; null when it did not. */
export interface ContractTexts {
  readonly products: string | null;
  readonly metrics: string | null;
  readonly warnings: string | null;
}

const NOTHING_DECLARED = { products: new Map<string, DeclaredProduct>(), problems: [] };

/** Everything that a successful run's output directory says: products with types, metrics, warnings and broken promises. Never throws. */
export function readOutputs(options: {
  readonly files: readonly OutputFile[];
  readonly skipped: readonly SkippedEntry[];
  readonly texts: ContractTexts;
  readonly outputs: StepOutputs;
  readonly isFinalStep: boolean;
  /** Names of the result tables that the software fills. */
  readonly tables: readonly string[];
}): CollectedOutputs {
  const { texts, outputs, isFinalStep } = options;
  const files = options.files.filter(({ path }) => !isTableFile(path, options.tables));
  const declared = texts.products === null ? NOTHING_DECLARED : parseProductsFile(texts.products);
  const measured = texts.metrics === null ? { metrics: [], warnings: [] } : parseMetricsFile(texts.metrics);
  const declaredTypes = new Map(
    [...declared.products].flatMap(([path, { type }]) => (type === undefined ? [] : [[path, type] as const])),
  );
  const classified = classifyOutputs({
    paths: files.map((file) => file.path),
    declared: declaredTypes,
    rules: outputs.rules,
    isFinalStep,
  });
  const broken = brokenPromises({
    promised: outputs,
    files,
    metricNames: new Set(measured.metrics.map((metric) => metric.name)),
    announced: declared.products.keys(),
  });
  const fileOf = new Map(files.map((file) => [file.path, file]));
  const paths = new Set(fileOf.keys());
  return {
    products: classified.products.flatMap(({ path, type }) => {
      const file = fileOf.get(path);
      if (file === undefined) return [];
      const said = declared.products.get(path);
      return [{ ...collectedProduct(file, type, said), ...previewOf(path, said, paths) }];
    }),
    metrics: measured.metrics,
    warnings: [
      ...measured.warnings,
      ...classified.warnings,
      ...skippedWarning(options.skipped),
      ...previewWarning(declared.products.values(), paths),
      ...(texts.warnings === null ? [] : parseWarningsFile(texts.warnings)),
    ],
    broken: [...declared.problems, ...broken].map((sentence) => safeText(sentence)),
  };
}

function previewOf(
  path: string,
  said: DeclaredProduct | undefined,
  paths: ReadonlySet<string>,
): Pick<CollectedProduct, 'preview'> {
  const found = findPreview({ path, declared: said?.preview, paths });
  return found === null ? {} : { preview: { path: found } };
}

/** A picture that is announced and not there is no reason to fail. */
function previewWarning(declared: Iterable<DeclaredProduct>, paths: ReadonlySet<string>): OutputWarning[] {
  const missing = [...declared].flatMap(({ path, preview }) =>
    preview === undefined || findPreview({ path, declared: preview, paths }) !== null
      ? []
      : [`${JSON.stringify(preview)} of ${JSON.stringify(path)}`],
  );
  if (missing.length === 0) return [];
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
  const message = `products.json names previews that are no PNG files among the outputs: ${missing.slice(0, 5).join(', ')}${more}`;
  return [{ code: 'preview.missing', message: safeText(message) }];
}

/** Links and unreadable files are no products; people should know that they were there. */
function skippedWarning(skipped: readonly SkippedEntry[]): OutputWarning[] {
  if (skipped.length === 0) return [];
  const named = skipped.slice(0, 5).map(({ path, reason }) => `${JSON.stringify(path)} (${reason})`);
  const more = skipped.length > named.length ? ` and ${skipped.length - named.length} more` : '';
  return [{ code: 'output.skipped', message: safeText(`not registered: ${named.join(', ')}${more}`) }];
}

const collectedProduct = (
  file: OutputFile,
  type: ProductType,
  declared: DeclaredProduct | undefined,
): CollectedProduct => ({
  path: file.path,
  sizeBytes: file.sizeBytes,
  sha256: file.sha256,
  type,
  dims: declared?.dims ?? {},
  metrics: declared?.metrics ?? [],
  description: declared?.description ?? '',
});
