import { DomainError, type Problem } from '../shared/domain-error.js';
import type { Json, JsonObject } from '../shared/json.js';
import { DocumentReader } from './document-reader.js';

/**
 * What `parse` makes of members of a step as they are stored: they were checked when they were defined.
 *
 * @throws DomainError `step.stored` when they are not valid any more
 */
export function readStored<Result>(members: JsonObject, parse: (reader: DocumentReader) => Result): Result {
  const problems: Problem[] = [];
  const result = parse(new DocumentReader(members, '', problems));
  if (problems.length === 0) return result;
  throw new DomainError({
    kind: 'invalid',
    code: 'step.stored',
    message: `what is stored of the step is not valid: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    action: 'Apply the definition of its pipeline again.',
    problems,
  });
}

/** Quality rules, publication and retention of a step, as they are stored. */
export interface StoredAfterwards {
  readonly quality: readonly Json[];
  readonly publication: JsonObject | null;
  readonly retention: JsonObject | null;
}
