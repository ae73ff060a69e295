import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { loadOfferedRows, readRowsOfRun, type ProductRow } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { ConfinedFile } from '../files/open-confined.js';

/**
 * The bytes of a product that is rows of a result table, made from the rows; null when they are not there any more. The file has no name: it
 * is gone as soon as it is closed.
 */
export async function openRows(dataSource: DataSource, product: ProductRow): Promise<ConfinedFile | null> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-rows-'));
  const path = join(directory, 'rows.ndjson');
  try {
    const isThere = await dataSource.transaction(async (transaction) => {
      const [offered] = await loadOfferedRows(transaction, { itemIds: [product.id] });
      if (offered === undefined) return false;
      await pipeline(Readable.from(readRowsOfRun(transaction, offered)), createWriteStream(path));
      return true;
    });
    if (!isThere) return null;
    const handle = await open(path);
    return { handle, size: (await handle.stat()).size };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
