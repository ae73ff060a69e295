import {
  sql,
  type GateFacts,
  type JsonObject,
  type ProductType,
  type PublicationState,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { effectiveVerdict } from '../quality/effective-verdict.js';

/** A publication at its gate, with all that the gate looks at. */
export interface GatedPublication extends Omit<GateFacts, 'companions'> {
  readonly id: number;
  readonly state: PublicationState;
  readonly gate: JsonObject;
  readonly reasons: readonly string[];
  /** Types of the verified products of its run. */
  readonly companions: readonly ProductType[];
}

/** What is true of these publications now; call it once they are locked and taints are held, as a statement of its own. */
export const loadGates = (manager: EntityManager, ids: readonly number[]): Promise<GatedPublication[]> =>
  queryRows(
    manager,
    sql`
    WITH verified AS (
      SELECT product.run_id, product.item_id, product.type
      FROM data_product product
      WHERE product.run_id IN (SELECT run_id FROM publication JOIN data_product USING (item_id) WHERE publication.id = ANY(${ids}::bigint[]))
        AND EXISTS (SELECT FROM physical_copy copy WHERE copy.item_id = product.item_id AND copy.status = 'PRESENT' AND copy.verified_at IS NOT NULL)
    )
    SELECT publication.id, publication.state, publication.gate, publication.reasons,
      ${effectiveVerdict('product.run_id')} AS verdict,
      EXISTS (SELECT FROM qa_verdict given WHERE given.run_id = product.run_id) AS "isReviewed",
      product.superseded_at IS NOT NULL OR item.retired_at IS NOT NULL AS "isSuperseded",
      EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = product.item_id) AS "isTainted",
      EXISTS (SELECT FROM verified WHERE verified.item_id = product.item_id) AS "isVerified",
      ARRAY(SELECT DISTINCT type FROM verified WHERE verified.run_id = product.run_id) AS companions
    FROM publication JOIN data_product product USING (item_id) JOIN data_item item ON item.id = product.item_id
    WHERE publication.id = ANY(${ids}::bigint[])
    ORDER BY publication.id`,
  );
