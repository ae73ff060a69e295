import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { insertRowsProduct } from '../queries/result-tables/insert-rows-product.sql.js';
import { loadOfferedRows } from '../queries/result-tables/load-offered-rows.sql.js';
import { readRowsOfRun } from '../queries/result-tables/read-rows-of-run.sql.js';

/**
 * Makes products of the rows of runs whose software declares a table `as_input`: from then on identity, staleness and lineage of whatever
 * takes them follow from their checksum, as for any file. Call it after the rows are settled, in the same transaction.
 */
export async function offerRows(manager: EntityManager, runIds: readonly number[]): Promise<void> {
  for (const offered of await loadOfferedRows(manager, { runIds })) {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const part of readRowsOfRun(manager, offered)) {
      hash.update(part);
      sizeBytes += Buffer.byteLength(part);
    }
    const { runId, table } = offered;
    await insertRowsProduct(manager, { runId, table, sha256: hash.digest('hex'), sizeBytes });
  }
}
