import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Gives a package's item the bytes that it turned out to have. */
export async function replacePackageContent(
  manager: EntityManager,
  content: { readonly id: number; readonly contentHash: string; readonly sizeBytes: number },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE data_item SET content_hash = ${content.contentHash}, size_bytes = ${content.sizeBytes}, changed_at = now()
    WHERE id = ${content.id}
  `,
  );
}
