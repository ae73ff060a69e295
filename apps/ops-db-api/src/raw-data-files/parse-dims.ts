import { isJsonObject, type Dims, type JsonScalar, type Problem } from '@meridian/core';

// Narrower than what filters read (core's DIMENSION_NAME): new data follow one spelling.
const DIMENSION = /^[a-z][a-z0-9_]{0,62}$/;
const MAX_TEXT = 1024;
// Half of a surrogate pair: JSON can write it, UTF-8 cannot.
const HALF_A_CHARACTER = /[\ud800-\udfff]/u;

/** What keeps a text out of a text column or out of a slug; null when nothing does. */
export function textProblem(value: unknown, maxLength = MAX_TEXT): string | null {
  if (typeof value !== 'string') return 'must be text';
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  if (value.includes('\0')) return 'must not contain NUL characters';
  return HALF_A_CHARACTER.test(value) ? 'must be valid Unicode' : null;
}

/** A dims object, with a problem for every wrong name or value. Absent and null are no dims. */
export function parseDims(value: unknown, path: string, problems: Problem[]): Dims {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) {
    problems.push({ code: 'dims.invalid', path, message: 'dims must be an object of dimension and value' });
    return {};
  }
  for (const [name, dimension] of Object.entries(value)) {
    const message = DIMENSION.test(name)
      ? valueProblem(dimension)
      : `a dimension's name must match ${DIMENSION.source}`;
    if (message !== null)
      problems.push({ code: 'dims.invalid', path: `${path}/${pointerPart(name)}`, message });
  }
  return value as Dims;
}

function valueProblem(value: unknown): string | null {
  if (typeof value === 'string') return textProblem(value);
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'must be a finite number';
  return isScalar(value) ? null : 'must be text, a number, true, false or null';
}

const isScalar = (value: unknown): value is JsonScalar => value === null || typeof value === 'boolean';

const pointerPart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
