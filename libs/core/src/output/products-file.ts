import { safeText } from '../run/failure-reason.js';
import { isJsonObject, type Dims, type JsonScalar } from '../shared/json.js';
import { readMetrics, type Metric } from './metrics-file.js';
import { isSafeRelativePath } from './safe-path.js';
import { isProductType, PRODUCT_TYPES, type ProductType } from './product-type.js';
import { parseToolJson } from './tool-json.js';

/** What a tool says about one of its files; absent members were not said. */
export interface DeclaredProduct {
  readonly path: string;
  readonly type?: ProductType;
  readonly dims: Dims;
  readonly metrics: readonly Metric[];
  readonly description: string;
  /** The path of a picture of it. */
  readonly preview?: string;
}

export interface ProductsReading {
  readonly products: ReadonlyMap<string, DeclaredProduct>;
  /** Not empty means that the file breaks the contract: it decides types and dimensions, so guessing is not allowed. */
  readonly problems: readonly string[];
}

const MAX_DESCRIPTION = 2000;
const MAX_DIM_LENGTH = 500;

/**
 * `products.json`: `{"products": [{"path", "type", "dims", "metrics", "description"}]}`, the bare list, or `{"<path>": {…}}`.
 * Paths are relative to the output directory. Unknown members are ignored. Never throws.
 */
export function parseProductsFile(text: string): ProductsReading {
  const json = parseToolJson(text);
  if (!json.ok)
    return { products: new Map(), problems: [safeText(`products.json is not JSON: ${json.reason}`)] };
  const entries = pathEntries(json.value);
  if (entries === null) return { products: new Map(), problems: ['products.json holds no list of products'] };
  const products = new Map<string, DeclaredProduct>();
  const problems: string[] = [];
  for (const [path, entry] of entries) {
    const product = readProduct(path, entry, problems);
    if (product === null) continue;
    if (products.has(product.path)) problems.push(`products.json names ${safeText(product.path)} twice`);
    products.set(product.path, product);
  }
  return { products, problems };
}

function pathEntries(value: unknown): [unknown, unknown][] | null {
  if (Array.isArray(value))
    return value.map((entry: unknown) => [isJsonObject(entry) ? entry['path'] : undefined, entry]);
  if (!isJsonObject(value)) return null;
  return 'products' in value ? pathEntries(value['products']) : Object.entries(value);
}

function readProduct(path: unknown, entry: unknown, problems: string[]): DeclaredProduct | null {
  if (typeof path !== 'string' || !isJsonObject(entry)) {
    problems.push('a product in products.json has no path');
    return null;
  }
  const relative = path.startsWith('./') ? path.slice(2) : path;
  const name = safeText(relative, 300);
  if (!isSafeRelativePath(relative)) {
    problems.push(`products.json names ${name}, which is not a path inside the output directory`);
    return null;
  }
  const { type, dims, description } = entry;
  if (type !== undefined && !isProductType(type))
    problems.push(`products.json: the type of ${name} is not one of ${PRODUCT_TYPES.join(', ')}`);
  const metrics =
    entry['metrics'] === undefined ? { metrics: [], warnings: [] } : readMetrics(entry['metrics'], name);
  problems.push(...metrics.warnings.map((warning) => `products.json: ${warning.message}`));
  return {
    path: relative,
    ...(isProductType(type) ? { type } : {}),
    dims: readDims(dims, name, problems),
    metrics: metrics.metrics,
    description: typeof description === 'string' ? safeText(description, MAX_DESCRIPTION) : '',
    ...(typeof entry['preview'] === 'string' ? { preview: entry['preview'].replace(/^\.\//, '') } : {}),
  };
}

function readDims(dims: unknown, name: string, problems: string[]): Dims {
  if (dims === undefined || dims === null) return {};
  if (isJsonObject(dims)) {
    const isGood = Object.entries(dims).every(
      ([key, value]) => key !== '' && isStorable(key) && isDimValue(value),
    );
    if (isGood) return dims as Dims;
  }
  problems.push(`products.json: the dims of ${name} are not names with plain values`);
  return {};
}

const isDimValue = (value: unknown): value is JsonScalar =>
  typeof value === 'string'
    ? isStorable(value)
    : value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

const isStorable = (text: string): boolean =>
  text.length <= MAX_DIM_LENGTH && safeText(text, MAX_DIM_LENGTH) === text;
