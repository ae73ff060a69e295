import { messageOf } from '../shared/message-of.js';

/** What a tool's JSON file holds: a value, or why it cannot be read. */
export type ToolJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/**
 * JSON as tools really write it: a byte order mark is skipped, and the bare words NaN, Infinity and -Infinity, which
 * Python's json module writes, are read as null, so that one bad number does not hide all the others.
 */
export function parseToolJson(text: string): ToolJson {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return { ok: true, value: JSON.parse(body) as unknown };
  } catch (error) {
    const repaired = withoutBareNonNumbers(body);
    try {
      if (repaired !== body) return { ok: true, value: JSON.parse(repaired) as unknown };
    } catch {
      // The first message names the place in the file as the tool wrote it.
    }
    return { ok: false, reason: messageOf(error) };
  }
}

/** Strings are matched first and put back unchanged, so a word inside one is never touched. */
const withoutBareNonNumbers = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : 'null',
  );
