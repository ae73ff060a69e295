import { compileGlob } from './glob.js';
import type { OutputWarning } from './output-warning.js';
import type { ProductType } from './product-type.js';
import type { OutputRule } from './step-outputs.js';

export { PRODUCT_TYPES } from './product-type.js';

/** What a tool says about its run at the top of its output directory: read by the result-manager, never products. */
export const CONTRACT_FILES = ['products.json', 'metrics.json', 'warnings.json', 'progress.ndjson'] as const;

export const isContractFile = (path: string): boolean => (CONTRACT_FILES as readonly string[]).includes(path);

/** Where a program leaves the rows of its tables and what became of its items; the rows are in the database, the file is no product. */
export const isTableFile = (path: string, tables: readonly string[]): boolean =>
  (tables.length > 0 && path === 'results/outcomes.ndjson') ||
  tables.some((name) => path === `results/${name}.ndjson`);

/** The directory convention of the container contract: first folder → type. */
export const DIRECTORY_TYPES: ReadonlyMap<string, ProductType> = new Map([
  ['science', 'SCIENCE'],
  ['qa', 'QA_METRIC'],
  ['plots', 'PLOT'],
  ['statistics', 'STATISTICS'],
  ['logs', 'LOG'],
]);

/** File types, for files that neither the tool nor the step nor a folder names. First match wins. */
export const FILE_TYPES: readonly { readonly type: ProductType; readonly pattern: RegExp }[] = [
  { type: 'LOG', pattern: /\.(log|out|err)$/i },
  { type: 'PLOT', pattern: /\.(png|jpe?g|svg|pdf|gif|webp)$/i },
  { type: 'STATISTICS', pattern: /\.(json|ndjson|csv|tsv|ya?ml)$/i },
  {
    type: 'SCIENCE',
    pattern: /\.(fits?|fits\.(gz|fz)|fit\.gz|h5|hdf5|asdf|npy|npz|ecsv|parquet|vot|root)$/i,
  },
  { type: 'SCIENCE', pattern: /\.(zarr|ms)\// },
];

export interface ClassifiedOutput {
  readonly path: string;
  readonly type: ProductType;
}

/**
 * The type of every output file, contract files left out: `declared` by the tool over the step's rules over the directory
 * convention over the file type.
 *
 * Data of an intermediate step that only the last resort would name are INTERMEDIATE. A file that no rule knows is kept
 * as OTHER, with a warning, never dropped.
 */
export function classifyOutputs(options: {
  readonly paths: readonly string[];
  readonly declared: ReadonlyMap<string, ProductType>;
  readonly rules: readonly OutputRule[];
  readonly isFinalStep: boolean;
}): { products: ClassifiedOutput[]; warnings: OutputWarning[] } {
  const rules = options.rules.map((rule) => ({ type: rule.type, matches: compileGlob(rule.pattern) }));
  const products = options.paths
    .filter((path) => !isContractFile(path))
    .map((path): ClassifiedOutput => {
      const named =
        options.declared.get(path) ?? rules.find((rule) => rule.matches(path))?.type ?? byDirectory(path);
      return { path, type: named ?? byFileType(path, options.isFinalStep) };
    });
  const unknown = products.filter(
    ({ path, type }) =>
      type === 'OTHER' && !options.declared.has(path) && !rules.some((rule) => rule.matches(path)),
  );
  return { products, warnings: unknown.length === 0 ? [] : [unknownTypeWarning(unknown)] };
}

const byDirectory = (path: string): ProductType | undefined => {
  const slash = path.indexOf('/');
  return slash < 0 ? undefined : DIRECTORY_TYPES.get(path.slice(0, slash));
};

function byFileType(path: string, isFinalStep: boolean): ProductType {
  const type = FILE_TYPES.find(({ pattern }) => pattern.test(path))?.type ?? 'OTHER';
  return !isFinalStep && (type === 'SCIENCE' || type === 'OTHER') ? 'INTERMEDIATE' : type;
}

/** One warning for all of them: a tool that writes a thousand such files has one problem, not a thousand. */
function unknownTypeWarning(unknown: readonly ClassifiedOutput[]): OutputWarning {
  const named = unknown.slice(0, 5).map(({ path }) => JSON.stringify(path));
  const more = unknown.length > named.length ? ` and ${unknown.length - named.length} more` : '';
  return {
    code: 'output.unknown_type',
    message: `no rule names the type of ${named.join(', ')}${more}; kept as OTHER`,
  };
}
