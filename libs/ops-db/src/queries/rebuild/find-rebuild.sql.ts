import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface RebuildRow {
  readonly id: number;
  readonly location: string;
  readonly dryRun: boolean;
  readonly requestedBy: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly directory: string; readonly reason: string }[];
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export const findRebuild = (manager: EntityManager, id: number): Promise<RebuildRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT asked.id, location.name AS location, asked.dry_run AS "dryRun", asked.requested_by AS "requestedBy", asked.state, asked.counts, asked.problems,
      asked.problem, asked.created_at AS "createdAt", asked.finished_at AS "finishedAt"
    FROM location_rebuild asked JOIN data_location location ON location.id = asked.data_location_id
    WHERE asked.id = ${id}`,
  );
