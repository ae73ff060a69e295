import type { Dims, JsonScalar } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Collects repeated `name=value` options; a value that reads as a JSON number, truth value or null is one. */
export const collectDims = dimsCollector('--dims');

/** The same for an option of another name. */
export function dimsCollector(option: string): (text: string, previous?: Dims) => Dims {
  return (text, previous = {}) => {
    const at = text.indexOf('=');
    if (at < 1) {
      throw new CliError({
        message: `${JSON.stringify(text)} is not of the form name=value.`,
        action: `For example: ${option} source=M17`,
        exitCode: EXIT_CODES.usage,
      });
    }
    return { ...previous, [text.slice(0, at)]: scalarOf(text.slice(at + 1)) };
  };
}

/** What a value on the command line stands for. */
export function scalarOf(text: string): JsonScalar {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  // Only what a number would print as itself: `007` and `1.10` are names.
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Dims as query parameters of a list: `dim.source=M17`. */
export const dimsQuery = (dims: Dims): Record<string, string> =>
  Object.fromEntries(Object.entries(dims).map(([name, value]) => [`dim.${name}`, String(value)]));
