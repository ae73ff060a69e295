import { safeText } from '../run/failure-reason.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { parseToolJson } from './tool-json.js';

/** How far a running program says that it is; null is what it did not say. */
export interface RunProgress {
  /** 0 … 1. */
  readonly fraction: number | null;
  readonly message: string;
  readonly itemsDone: number | null;
  readonly itemsTotal: number | null;
  /** By the program's own clock. */
  readonly saidAt: Date | null;
}

const MAX_MESSAGE = 300;
const MAX_ITEMS = 1e12;

/**
 * The newest word in the end of a `progress.ndjson`: `{fraction, message, items_done, items_total, time}` a line, every member optional; null when
 * no line says anything. Never throws.
 *
 * `tail` may begin in the middle of a line, and its last line may not be written to its end.
 */
export function latestProgress(tail: string): RunProgress | null {
  const lines = tail.split('\n');
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = (lines[index] ?? '').trim();
    const json = line.startsWith('{') ? parseToolJson(line) : null;
    const progress = json?.ok === true && isJsonObject(json.value) ? progressOf(json.value) : null;
    if (progress !== null) return progress;
  }
  return null;
}

function progressOf(said: JsonObject): RunProgress | null {
  const message = typeof said['message'] === 'string' ? safeText(said['message'].trim(), MAX_MESSAGE) : '';
  const itemsDone = countOf(said['items_done']);
  const itemsTotal = countOf(said['items_total']);
  const counted = itemsDone !== null && itemsTotal !== null && itemsTotal > 0 ? itemsDone / itemsTotal : null;
  const fraction = numberOf(said['fraction']) ?? counted;
  if (message === '' && itemsDone === null && fraction === null) return null;
  return {
    fraction: fraction === null ? null : Math.min(1, Math.max(0, fraction)),
    message,
    itemsDone,
    itemsTotal,
    saidAt: timeOf(said['time']),
  };
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

const countOf = (value: unknown): number | null => {
  const count = numberOf(value);
  return count !== null && Number.isInteger(count) && count >= 0 && count <= MAX_ITEMS ? count : null;
};

/** ISO 8601 with a zone, or seconds since 1970. */
function timeOf(value: unknown): Date | null {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(value);
  const at = new Date(isText ? value : (numberOf(value) ?? Number.NaN) * 1000);
  const year = at.getUTCFullYear();
  return year >= 1970 && year < 10_000 ? at : null;
}
