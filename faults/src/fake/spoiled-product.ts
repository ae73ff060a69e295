import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';

const NEWEST = 8;

/** A product that is to be published, of which the bytes are others for a while. */
export class SpoiledProduct {
  private constructor(
    readonly file: string,
    private readonly first: Buffer,
  ) {}

  /** Null when nothing is to be published. */
  static async spoil(manager: EntityManager, random: Random): Promise<SpoiledProduct | null> {
    const found = await queryRows<{ basePath: string; path: string }>(
      manager,
      sql`SELECT location.base_path AS "basePath", copy.path
          FROM publication JOIN physical_copy copy ON copy.item_id = publication.item_id AND copy.data_location_id <> publication.data_location_id
          JOIN data_location location ON location.id = copy.data_location_id
          WHERE copy.status = 'PRESENT' AND publication.state IN ('staged', 'eligible', 'publishing', 'failed') ORDER BY publication.id DESC LIMIT ${NEWEST}`,
    );
    const one = random.oneOf(found);
    if (one === undefined) return null;
    const file = join(one.basePath, one.path);
    return new SpoiledProduct(file, await overwriteStart(file, Buffer.from('?')));
  }

  /** It may have been purged since. */
  async mend(): Promise<void> {
    await overwriteStart(this.file, this.first).catch(() => undefined);
  }
}

/** In place, as bytes that rot; what was there. */
async function overwriteStart(path: string, bytes: Buffer): Promise<Buffer> {
  const file = await open(path, 'r+');
  try {
    const before = Buffer.alloc(bytes.length);
    await file.read(before, 0, bytes.length, 0);
    await file.write(bytes, 0, bytes.length, 0);
    return before;
  } finally {
    await file.close();
  }
}
