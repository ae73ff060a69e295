import type { Dims, Problem } from '@meridian/core';
import { invalidRequest } from './validation.js';

/** A selection of sub-groups as dims; 422 with every value that no dimension can have. */
export function checkSelection(selection: Record<string, unknown>): Dims {
  const problems = Object.entries(selection).flatMap(([name, value]): Problem[] => {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return [];
    return [
      {
        code: 'field.invalid',
        path: `/selection/${name}`,
        message: 'the value of a dimension is a text, a number, true, false or null',
      },
    ];
  });
  if (problems.length > 0) throw invalidRequest(problems);
  return selection as Dims;
}
