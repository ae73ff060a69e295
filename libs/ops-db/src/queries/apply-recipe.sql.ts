import { sql, type Recipe } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Stores a recipe under its hash, once. */
export async function applyRecipe(manager: EntityManager, { recipeHash, document }: Recipe): Promise<void> {
  await queryRows(
    manager,
    sql`INSERT INTO recipe (hash, document) VALUES (${recipeHash}, ${JSON.stringify(document)}::jsonb) ON CONFLICT DO NOTHING`,
  );
}
