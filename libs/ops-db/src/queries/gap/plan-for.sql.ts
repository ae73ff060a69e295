import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** What the statements that follow in a transaction read: a few rows of large tables, or all of them. */
export type Extent = 'changes' | 'everything';

/**
 * Has the planner go through indexes for changes, and join and group whole tables by hash for everything, whatever it thinks of
 * tables that were empty when it last looked, or of how many keys there are: it takes each item for one, and would sort them all.
 * Plans are kept for as long as a connection: one that was made for an empty table would read it whole for a long time.
 */
export async function planFor(manager: EntityManager, extent: Extent): Promise<void> {
  const isAll = extent === 'everything';
  await queryRows(
    manager,
    sql`SELECT set_config('enable_nestloop', ${isAll ? 'off' : 'on'}, true), set_config('enable_mergejoin', ${isAll ? 'off' : 'on'}, true),
      set_config('enable_sort', ${isAll ? 'off' : 'on'}, true), set_config('enable_seqscan', ${isAll ? 'on' : 'off'}, true)`,
  );
}
