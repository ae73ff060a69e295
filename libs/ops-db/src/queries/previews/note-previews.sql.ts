import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import type { RunResult } from '../run-result.js';

/** Notes which products of runs have a picture, and which are to get one. Call it in the transaction that registers them; a second time changes nothing. */
export async function notePreviews(
  manager: EntityManager,
  results: readonly Pick<RunResult, 'runId' | 'products'>[],
): Promise<void> {
  const rows = results.flatMap(({ runId, products }) =>
    products.flatMap(({ path, preview }) =>
      preview === undefined ? [] : [{ runId, path, found: preview === 'wanted' ? null : preview.path }],
    ),
  );
  if (rows.length === 0) return;
  await queryRows(
    manager,
    sql`
    INSERT INTO product_preview (item_id, state, found_item_id)
    SELECT product.item_id, CASE WHEN picture.item_id IS NULL THEN 'wanted' ELSE 'found' END, picture.item_id
    FROM unnest(${rows.map(({ runId }) => runId)}::bigint[], ${rows.map(({ path }) => path)}::text[],
      ${rows.map(({ found }) => found)}::text[]) AS noted (run_id, path, found)
    JOIN data_product product ON product.run_id = noted.run_id AND product.path = noted.path
    LEFT JOIN data_product picture ON picture.run_id = noted.run_id AND picture.path = noted.found
    ON CONFLICT (item_id) DO NOTHING`,
  );
}
