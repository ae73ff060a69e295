import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** One place where an input's bytes should be. */
export interface InputCopy {
  readonly copyId: number;
  readonly location: string;
  readonly basePath: string;
  /** Relative to `basePath`. */
  readonly path: string;
  /** At the location where the run will run. */
  readonly isLocal: boolean;
}

export interface RunInput {
  readonly inputSetId: number;
  readonly itemId: number;
  /** The name of the association that bound it; empty for a member. */
  readonly binding: string;
  readonly name: string;
  readonly dims: Dims;
  readonly sizeBytes: number;
  /** What the run was promised when it was created. */
  readonly sha256: string;
  /** What is registered now; another value means that the file was replaced after the run was created. */
  readonly currentSha256: string;
  /** Null for raw data. */
  readonly productType: string | null;
  /** A product that a newer run replaced. */
  readonly isSuperseded: boolean;
  /** Of raw data, whatever database it is registered in; null for a product. */
  readonly externalId: string | null;
  /** The attempt that made it and its path there; null for raw data. */
  readonly madeBy: { readonly token: string; readonly path: string } | null;
  /** Best first: at the run's own location, then by kind of location. */
  readonly copies: readonly InputCopy[];
}

/**
 * The items of these input sets, in the order of their ids, each with every copy that can be read, as seen from one processing location.
 *
 * An item that is a member and bound as well comes once for each.
 * An input without a usable copy comes with an empty list.
 */
export const loadInputs = (
  manager: EntityManager,
  processingLocationId: number,
  inputSetIds: readonly number[],
): Promise<RunInput[]> =>
  queryRows(
    manager,
    sql`
    SELECT member.input_set_id AS "inputSetId", item.id AS "itemId", member.binding, item.name, item.dims, item.size_bytes AS "sizeBytes",
           member.content_hash AS sha256, item.content_hash AS "currentSha256", product.type AS "productType", product.superseded_at IS NOT NULL AS "isSuperseded",
           coalesce(raw.external_id, package.external_id) AS "externalId",
           CASE WHEN maker.token IS NOT NULL THEN jsonb_build_object('token', maker.token, 'path', product.path) END AS "madeBy",
           coalesce(copies.list, '[]') AS copies
    FROM input_set_member member
    JOIN data_item item ON item.id = member.item_id
    LEFT JOIN data_product product ON product.item_id = item.id
    LEFT JOIN attempt maker ON maker.run_id = product.run_id AND maker.number = product.attempt
    LEFT JOIN raw_data_file raw ON raw.item_id = item.id
    LEFT JOIN raw_data_package package ON package.item_id = item.id
    LEFT JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object('copyId', copy.id, 'location', location.name, 'basePath', location.base_path, 'path', copy.path,
                                          'isLocal', location.id = ${processingLocationId}::bigint)
                       ORDER BY location.id = ${processingLocationId}::bigint DESC,
                                array_position(ARRAY['PROCESSING', 'BUFFER', 'SOURCE', 'LONG_TERM_ARCHIVE'], location.kind),
                                copy.id) AS list
      FROM physical_copy copy JOIN data_location location ON location.id = copy.data_location_id
      WHERE copy.item_id = item.id AND copy.status IN ('PRESENT', 'STAGED')
    ) AS copies ON true
    WHERE member.input_set_id = ANY(${inputSetIds}::bigint[])
    ORDER BY member.input_set_id, item.id, member.binding
  `,
  );
