import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** A product to be copied to where the public reads it. */
export interface ClaimedPublication {
  readonly id: number;
  readonly itemId: number;
  readonly attempt: number;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly targetLocation: { readonly id: number; readonly name: string; readonly basePath: string };
  /** Below the base of the location. */
  readonly targetPath: string;
  /** Verified copies, best first. */
  readonly sources: readonly { readonly basePath: string; readonly path: string }[];
}

export interface PublicationsToClaim {
  readonly ids: readonly number[];
  readonly owner: string;
  readonly leaseSeconds: number;
}

/**
 * Takes eligible publications under a lease, and gives each its version and its path: one more than the last that had the same name. Call it in
 * the transaction that looked at their gates. One whose earlier copy is still to be deleted is left for later.
 */
export const claimPublications = (
  manager: EntityManager,
  { ids, owner, leaseSeconds }: PublicationsToClaim,
): Promise<{ readonly id: number }[]> =>
  queryRows(
    manager,
    sql`
    WITH named AS (
      SELECT publication.id, publication.item_id, publication.data_location_id, run.sub_group_id, product.path,
        pipeline.name AS pipeline, step.name AS step, sub_group.key
      FROM publication JOIN data_product product USING (item_id) JOIN run ON run.id = product.run_id
      JOIN sub_group ON sub_group.id = run.sub_group_id JOIN reduction_step step ON step.id = run.step_id JOIN pipeline ON pipeline.id = run.pipeline_id
      WHERE publication.id = ANY(${ids}::bigint[]) AND publication.state = 'eligible' AND NOT EXISTS (
        SELECT FROM physical_copy copy WHERE copy.data_location_id = publication.data_location_id AND copy.path = publication.path
          AND copy.status = 'DELETION_SCHEDULED')
    ), versioned AS (
      SELECT named.*, coalesce((
        SELECT max(other.version) FROM publication other JOIN data_product of_product ON of_product.item_id = other.item_id
        JOIN run of_run ON of_run.id = of_product.run_id
        WHERE other.data_location_id = named.data_location_id AND of_run.sub_group_id = named.sub_group_id AND of_product.path = named.path), 0)
        + row_number() OVER (PARTITION BY data_location_id, sub_group_id, path ORDER BY item_id) AS version
      FROM named
    )
    UPDATE publication SET state = 'publishing', attempts = attempts + 1, lease_owner = ${owner}::text,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), changed_at = now(), moved_by = ${owner}, moved_why = 'copying begins',
      version = coalesce(publication.version, versioned.version),
      path = coalesce(publication.path, format('%s/%s/%s/v%s/%s', versioned.pipeline, versioned.step, versioned.key, versioned.version, versioned.path))
    FROM versioned WHERE publication.id = versioned.id
    RETURNING publication.id`,
  );

/** What is to be copied of claimed publications. */
export const loadClaimedPublications = (
  manager: EntityManager,
  ids: readonly number[],
): Promise<ClaimedPublication[]> =>
  queryRows(
    manager,
    sql`
    SELECT publication.id, publication.item_id AS "itemId", publication.attempts AS attempt, item.content_hash AS sha256, item.size_bytes AS "sizeBytes",
      jsonb_build_object('id', location.id, 'name', location.name, 'basePath', location.base_path) AS "targetLocation", publication.path AS "targetPath",
      coalesce((SELECT jsonb_agg(jsonb_build_object('basePath', held_at.base_path, 'path', copy.path) ORDER BY copy.verified_at DESC, copy.id)
        FROM physical_copy copy JOIN data_location held_at ON held_at.id = copy.data_location_id
        WHERE copy.item_id = item.id AND copy.status = 'PRESENT' AND copy.data_location_id <> location.id), '[]'::jsonb) AS sources
    FROM publication JOIN data_item item ON item.id = publication.item_id JOIN data_location location ON location.id = publication.data_location_id
    WHERE publication.id = ANY(${ids}::bigint[])
    ORDER BY publication.id`,
  );
