import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface WithdrawnCopy {
  readonly copyId: number;
  readonly basePath: string;
  readonly path: string;
}

/** Public copies of withdrawn products of which the bytes are still there, as far as is known. */
export const listWithdrawnCopies = (manager: EntityManager, limit: number): Promise<WithdrawnCopy[]> =>
  queryRows(
    manager,
    sql`
    SELECT copy.id AS "copyId", location.base_path AS "basePath", copy.path
    FROM publication JOIN physical_copy copy ON copy.data_location_id = publication.data_location_id AND copy.path = publication.path
    JOIN data_location location ON location.id = copy.data_location_id
    WHERE publication.state = 'withdrawn' AND copy.status = 'PRESENT'
    ORDER BY copy.id LIMIT ${limit}`,
  );
