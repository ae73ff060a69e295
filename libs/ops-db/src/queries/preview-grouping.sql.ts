import { sql, type Dims, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import { isoTime } from './iso-time.js';

export interface GroupingSelection {
  /** `itemSource(tablesOf(filter))`. */
  readonly source: SqlFragment;
  /** `compileFilter(filter)`. */
  readonly filter: SqlFragment;
  readonly sampleSize: number;
}

export interface GroupingPreview {
  readonly count: number;
  readonly sizeBytes: number;
  readonly sample: readonly {
    readonly id: number;
    readonly kind: string;
    readonly name: string;
    readonly dims: Dims;
    readonly sizeBytes: number;
    /** ISO 8601 in UTC. */
    readonly obsTime: string | null;
  }[];
}

/**
 * How much a grouping selects now, and its newest items: the raw items that a step without upstream would take.
 *
 * A file that is part of a package counts as the package.
 */
export async function previewGrouping(
  manager: EntityManager,
  { source, filter, sampleSize }: GroupingSelection,
): Promise<GroupingPreview> {
  const row = await queryRow<GroupingPreview>(
    manager,
    sql`
    WITH selected AS (
      SELECT item.id, item.kind, item.name, item.dims, item.size_bytes, item.obs_time
      FROM ${source}
      WHERE item.kind <> 'DATA_PRODUCT' AND item.retired_at IS NULL AND (${filter})
        AND NOT EXISTS (SELECT FROM raw_data_file packed WHERE packed.item_id = item.id AND packed.raw_data_package_id IS NOT NULL)
    )
    SELECT count(*) AS count, coalesce(sum(size_bytes), 0)::bigint AS "sizeBytes",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'name', name, 'dims', dims, 'sizeBytes', size_bytes,
          'obsTime', ${isoTime('obs_time')}) ORDER BY id DESC), '[]')
       FROM (SELECT * FROM selected ORDER BY id DESC LIMIT ${sampleSize}) AS newest) AS sample
    FROM selected
  `,
  );
  return row ?? { count: 0, sizeBytes: 0, sample: [] };
}
