import { sql, type Association, type AssociationCandidate } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';
import { anyOfDims, associationItems, producerStep, takenTypes } from './association-candidates.js';

export interface CandidatesQuery {
  readonly stepId: number;
  readonly association: Association;
  readonly now: Date;
  /** JSON objects, one of which a candidate must contain; null asks for all. */
  readonly dims: readonly string[] | null;
  /** Only what is valid at some time in between; null is without end. */
  readonly validAfter: Date | null;
  readonly validBefore: Date | null;
}

/**
 * The items that an association may choose from: those of its filter that are not retired, and of products those that some
 * sub-group (of the step that `from` names, if it does) offers now as its result.
 */
export const loadAssociationCandidates = (
  manager: EntityManager,
  { stepId, association, now, dims, validAfter, validBefore }: CandidatesQuery,
): Promise<AssociationCandidate[]> => {
  const isOffered = sql`
    SELECT made.item_id FROM sub_group origin JOIN data_product made ON made.run_id = origin.contributed_run_id
    WHERE ${takenTypes(association)}`;
  const isCandidate =
    association.from === null
      ? sql`item.kind <> 'DATA_PRODUCT' AND item.raw_data_package_id IS NULL OR item.kind = 'DATA_PRODUCT' AND item.id IN (${isOffered})`
      : sql`item.id IN (${isOffered} AND origin.step_id = (${producerStep(stepId, association)}))`;
  const where = sql`item.retired_at IS NULL AND (${isCandidate}) AND (${dims === null ? sql`true` : anyOfDims(dims)})`;
  return queryRows<AssociationCandidate>(
    manager,
    sql`
    SELECT id AS "itemId", content_hash AS "contentHash",
      ${dimsAmong('dims', association.same)} AS dims,
      (extract(epoch FROM valid_from) * 1000)::float8 AS "validFromMs", (extract(epoch FROM valid_to) * 1000)::float8 AS "validToMs",
      (extract(epoch FROM registered_at) * 1000)::float8 AS "registeredAtMs"
    FROM (${associationItems(association, where, now)}) candidate
    WHERE (valid_to >= ${validAfter}::timestamptz) IS NOT FALSE AND (valid_from <= ${validBefore}::timestamptz) IS NOT FALSE`,
  );
};
