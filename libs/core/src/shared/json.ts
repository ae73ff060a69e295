/** What JSON can hold. */
export type JsonScalar = string | number | boolean | null;
export type Json = JsonScalar | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Dimension → value: what describes a DataItem, a sub-group, a run or a product. */
export type Dims = Readonly<Record<string, JsonScalar>>;

/**
 * The one text of a JSON value: keys sorted by code unit, no spaces.
 *
 * Equal values have equal texts, so hashes over it are stable (RFC 8785 without its number rules,
 * which JavaScript's own serialisation already follows).
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const object = value as JsonObject;
    const entries = Object.keys(object)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** True for `{…}`, false for arrays, null and scalars. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
