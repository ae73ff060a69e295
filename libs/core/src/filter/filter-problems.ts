import type { Problem } from '../shared/domain-error.js';
import { jsonPointer } from '../definition/json-pointer.js';

/** Keys and indexes from the root of the filter to a value. */
export type Path = readonly (string | number)[];

/** The `value` of a rule, or a part of it, and where it is. */
export interface ValueAt {
  readonly json: unknown;
  readonly path: Path;
}

/** Beyond this many the rest is more of the same. */
const MAX_PROBLEMS = 50;

/** Collects everything that is wrong with one filter, so that its author can correct it in one go. */
export class FilterProblems {
  private readonly found: Problem[] = [];
  /** Groups and rules seen so far. */
  nodes = 0;

  get all(): readonly Problem[] {
    return this.found;
  }

  /** Always null, so that a parser can report and give up in one line. */
  report(code: string, path: Path, message: string): null {
    if (this.found.length < MAX_PROBLEMS) this.found.push({ code, path: jsonPointer(...path), message });
    return null;
  }
}
