import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface WithdrawnCopy {
  readonly copyId: number;
  readonly basePath: string;
  readonly path: string;
}

/** Public copies of withdrawn products, and of those that were rejected while they were copied, of which bytes may still be there. */
export const listWithdrawnCopies = (manager: EntityManager, limit: number): Promise<WithdrawnCopy[]> =>
  queryRows(
    manager,
    sql`
    (SELECT copy.id AS "copyId", location.base_path AS "basePath", copy.path
    FROM publication JOIN physical_copy copy ON copy.data_location_id = publication.data_location_id AND copy.path = publication.path
    JOIN data_location location ON location.id = copy.data_location_id
    WHERE publication.state = 'withdrawn' AND copy.status = 'PRESENT'
    ORDER BY copy.id LIMIT ${limit})
    UNION
    (SELECT copy.id AS "copyId", location.base_path AS "basePath", copy.path
    FROM physical_copy copy JOIN publication ON publication.data_location_id = copy.data_location_id AND publication.path = copy.path
    JOIN data_location location ON location.id = copy.data_location_id
    WHERE copy.status = 'DELETION_SCHEDULED'
    ORDER BY copy.id LIMIT ${limit})
    ORDER BY "copyId" LIMIT ${limit}`,
  );
