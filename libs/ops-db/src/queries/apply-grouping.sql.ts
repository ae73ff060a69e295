import { sql, type GroupingDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Creates the grouping of that name, or changes it and raises its revision. */
export async function applyGrouping(manager: EntityManager, grouping: GroupingDefinition): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO data_grouping (name, description, filter)
    VALUES (${grouping.name}, ${grouping.description}, ${JSON.stringify(grouping.filter)}::jsonb)
    ON CONFLICT (name) DO UPDATE SET
      description = excluded.description, filter = excluded.filter, revision = data_grouping.revision + 1, updated_at = now()
  `,
  );
}
