import type { DocumentReader } from '../definition/document-reader.js';
import { BYTE_SIZE_HELP, parseByteSize } from './byte-size.js';

/** When purging begins and ends at a location, in bytes of what the records say lies there. Without marks nothing is purged by itself. */
export interface LocationMarks {
  readonly capacity: number | null;
  readonly high_water: number | null;
  readonly low_water: number | null;
}

export const WATER_MARK_KEYS = ['capacity', 'high_water', 'low_water'] as const;
type MarkKey = (typeof WATER_MARK_KEYS)[number];

/** Where Meridian makes and keeps what it could make again. */
const PURGED_KINDS: readonly string[] = ['PROCESSING', 'BUFFER'];

/**
 * `capacity: 10 TB`, `high_water: 90 %`, `low_water: 7.5 TB` of a location: bytes, or a share of the capacity. Problems go into the
 * reader's list.
 */
export function parseWaterMarks(reader: DocumentReader, kind: string): LocationMarks {
  const capacity = readBytes(reader, 'capacity', null);
  const marks = {
    capacity,
    high_water: readBytes(reader, 'high_water', capacity),
    low_water: readBytes(reader, 'low_water', capacity),
  };
  // What could not be read was reported already, and would only be reported again as missing.
  const isReadable = WATER_MARK_KEYS.every((key) => reader.has(key) === (marks[key] !== null));
  if (isReadable)
    for (const { key, message } of waterMarkProblems(marks, kind))
      reader.report('location.water_marks', key, message);
  return marks;
}

/** What is wrong with marks of a location of this kind. */
export function waterMarkProblems(
  { capacity, high_water: high, low_water: low }: LocationMarks,
  kind: string,
): { readonly key: MarkKey; readonly message: string }[] {
  if (high === null && low === null) return [];
  if (!PURGED_KINDS.includes(kind))
    return [
      {
        key: high === null ? 'low_water' : 'high_water',
        message: `nothing is purged at a ${kind} location; only ${PURGED_KINDS.join(' and ')} ones have water marks`,
      },
    ];
  if (high === null)
    return [{ key: 'high_water', message: 'low_water says where purging ends; say where it begins, too' }];
  if (low === null)
    return [{ key: 'low_water', message: 'high_water says where purging begins; say where it ends, too' }];
  if (low >= high)
    return [
      {
        key: 'low_water',
        message: `low_water (${low} bytes) must be less than high_water (${high} bytes)`,
      },
    ];
  if (capacity !== null && high > capacity)
    return [
      {
        key: 'high_water',
        message: `high_water (${high} bytes) is more than the capacity (${capacity} bytes) and would never be reached`,
      },
    ];
  return [];
}

const PERCENT = /^(\d+(?:\.\d+)?)\s*%$/;

function readBytes(reader: DocumentReader, key: MarkKey, capacity: number | null): number | null {
  const value = reader.raw(key);
  if (value === undefined) return null;
  const [text, share] = typeof value === 'string' ? (PERCENT.exec(value.trim()) ?? []) : [];
  if (share !== undefined && key !== 'capacity') {
    if (capacity === null) {
      reader.report('location.water_marks', key, `${text} of what? Say the capacity, too`);
      return null;
    }
    return Math.floor((capacity * Number(share)) / 100);
  }
  const bytes = parseByteSize(value);
  if (bytes !== null && bytes > 0) return bytes;
  const or = key === 'capacity' ? '' : ', or a share of the capacity like "90 %"';
  reader.report('definition.value', key, `"${key}" must be ${BYTE_SIZE_HELP}${or}`);
  return null;
}
