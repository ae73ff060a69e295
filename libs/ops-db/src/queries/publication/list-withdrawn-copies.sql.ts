import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface WithdrawnCopy {
  readonly copyId: number;
  readonly basePath: string;
  readonly path: string;
}

/** Public copies of withdrawn products, and names that publications gave up, of which bytes are, or may come to be, there; after this one. */
export const listWithdrawnCopies = (
  manager: EntityManager,
  { after, limit }: { after: number; limit: number },
): Promise<WithdrawnCopy[]> =>
  queryRows(
    manager,
    sql`
    SELECT copy.id AS "copyId", location.base_path AS "basePath", copy.path
    FROM (
      SELECT copy.* FROM publication JOIN physical_copy copy ON copy.data_location_id = publication.data_location_id AND copy.path = publication.path
      WHERE publication.state = 'withdrawn' AND copy.status = 'PRESENT'
      UNION ALL
      SELECT copy.* FROM physical_copy copy JOIN publication ON publication.item_id = copy.item_id AND publication.data_location_id = copy.data_location_id
      WHERE copy.status = 'DELETION_SCHEDULED'
    ) copy
    JOIN data_location location ON location.id = copy.data_location_id
    WHERE copy.id > ${after}
    ORDER BY copy.id LIMIT ${limit}`,
  );
