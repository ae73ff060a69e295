import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** What a tag was pinned to; null when it never was resolved. */
export const findImagePin = async (manager: EntityManager, reference: string): Promise<string | null> => {
  const row = await queryRow<{ digest: string }>(
    manager,
    sql`SELECT digest FROM image_pin WHERE reference = ${reference}`,
  );
  return row?.digest ?? null;
};

/** Pins a tag to what it means now, and returns what it is pinned to: of two who pin at once, both get the first one's digest. */
export const pinImage = async (
  manager: EntityManager,
  pin: { readonly reference: string; readonly digest: string },
): Promise<string> => {
  const row = await queryRow<{ digest: string }>(
    manager,
    sql`INSERT INTO image_pin (reference, digest) VALUES (${pin.reference}, ${pin.digest})
        ON CONFLICT (reference) DO NOTHING RETURNING digest`,
  );
  const digest = row?.digest ?? (await findImagePin(manager, pin.reference));
  if (digest === null) throw new Error(`${pin.reference} was not pinned`);
  return digest;
};
