import { safeText } from '../run/failure-reason.js';
import { isJsonObject } from '../shared/json.js';
import type { OutputWarning } from './output-warning.js';
import { parseToolJson } from './tool-json.js';

export interface Metric {
  readonly name: string;
  /** Always finite. */
  readonly value: number;
  readonly unit: string;
}

export interface MetricsReading {
  /** One per name. */
  readonly metrics: readonly Metric[];
  readonly warnings: readonly OutputWarning[];
}

const MAX_NAME_LENGTH = 200;
const MAX_METRICS = 10_000;

/**
 * `metrics.json`: `{"<name>": 1.5}`, `{"<name>": {"value": 1.5, "unit": "Jy"}}` or `[{"name", "value", "unit"}]`, also under one key `metrics`.
 *
 * Never throws: what is not a finite number is left out and warned about by name. A promised metric that is left out
 * breaks the promise later.
 */
export function parseMetricsFile(text: string): MetricsReading {
  const json = parseToolJson(text);
  if (!json.ok)
    return {
      metrics: [],
      warnings: [
        { code: 'metrics_file.invalid', message: safeText(`metrics.json is not JSON: ${json.reason}`) },
      ],
    };
  return readMetrics(json.value, 'metrics.json');
}

/** The metrics of a parsed document; `source` is how warnings call it. */
export function readMetrics(value: unknown, source: string): MetricsReading {
  const entries = namedEntries(value);
  if (entries === null)
    return {
      metrics: [],
      warnings: [
        { code: 'metrics_file.invalid', message: `${source} holds neither an object nor a list of metrics` },
      ],
    };
  const metrics = new Map<string, Metric>();
  const warnings: OutputWarning[] = [];
  for (const [name, entry] of entries.slice(0, MAX_METRICS)) {
    const metric = readMetric(name, entry);
    if (typeof metric === 'string')
      warnings.push({ code: 'metric.invalid', message: safeText(`${source}: ${metric}`) });
    else metrics.set(metric.name, metric);
  }
  if (entries.length > MAX_METRICS)
    warnings.push({
      code: 'metrics_file.too_long',
      message: `${source} holds ${entries.length} metrics; only ${MAX_METRICS} are kept`,
    });
  return { metrics: [...metrics.values()], warnings };
}

function namedEntries(value: unknown): [unknown, unknown][] | null {
  if (Array.isArray(value))
    return value.map((entry: unknown) => [isJsonObject(entry) ? entry['name'] : undefined, entry]);
  if (!isJsonObject(value)) return null;
  const wrapped = value['metrics'];
  const isWrapper =
    Object.keys(value).length === 1 &&
    (Array.isArray(wrapped) || (isJsonObject(wrapped) && !('value' in wrapped)));
  return isWrapper ? namedEntries(wrapped) : Object.entries(value);
}

/** A metric, or what is wrong with it. */
function readMetric(name: unknown, entry: unknown): Metric | string {
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH || safeText(name) !== name)
    return 'a metric has no usable name';
  const value = isJsonObject(entry) ? entry['value'] : entry;
  const unit = isJsonObject(entry) ? (entry['unit'] ?? '') : '';
  if (typeof value !== 'number' || !Number.isFinite(value)) return `${name} is not a finite number`;
  return { name, value, unit: typeof unit === 'string' ? safeText(unit, MAX_NAME_LENGTH) : '' };
}
