import { sql, type KillScope, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { isoTime } from './iso-time.js';
import type { AliveJob } from './record-kill-look.sql.js';

/** A site as far as a kill concerns it. Times are ISO 8601. */
export interface KillSiteRow {
  readonly location: string;
  readonly asked_at: string | null;
  readonly answered_at: string | null;
  readonly silence: string | null;
  readonly clean_looks: number;
  readonly told_count: number;
  readonly alive_count: number;
  readonly alive: readonly AliveJob[];
}

export interface KillRow {
  readonly id: number;
  readonly scope: KillScope;
  /** The run's id, or the name of the pipeline or location; null for everything. */
  readonly target: string | null;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly settledAt: Date | null;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
  readonly holds: boolean;
  /** Runs that it found active, by what they are now. */
  readonly runs: Readonly<Partial<Record<RunStatus, number>>>;
  readonly sites: readonly KillSiteRow[];
}

const KILLS = sql`
    SELECT kill.id, kill.scope, coalesce(kill.run_id::text, pipeline.name, location.name) AS target, kill.reason,
      kill.requested_by AS "requestedBy", kill.requested_at AS "requestedAt", kill.settled_at AS "settledAt",
      kill.lifted_at AS "liftedAt", kill.lifted_by AS "liftedBy", kill.holds,
      (SELECT coalesce(jsonb_object_agg(status, n), '{}')
       FROM (SELECT run.status, count(*) AS n FROM kill_run JOIN run ON run.id = kill_run.run_id
             WHERE kill_run.kill_request_id = kill.id GROUP BY run.status) AS counted) AS runs,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('location', place.name, 'asked_at', ${isoTime('site.looked_at')},
          'answered_at', ${isoTime('site.answered_at')}, 'silence', site.silence, 'clean_looks', site.clean_looks,
          'told_count', site.told_count, 'alive_count', site.alive_count, 'alive', site.alive) ORDER BY place.name), '[]')
       FROM kill_site site JOIN data_location place ON place.id = site.location_id WHERE site.kill_request_id = kill.id) AS sites
    FROM kill_request kill
    LEFT JOIN pipeline ON pipeline.id = kill.pipeline_id
    LEFT JOIN data_location location ON location.id = kill.location_id`;

/** Kills, newest first, those before `before`. */
export const listKills = (
  manager: EntityManager,
  { before, limit }: { before: number | null; limit: number },
): Promise<KillRow[]> =>
  queryRows(
    manager,
    sql`${KILLS} WHERE ${before}::bigint IS NULL OR kill.id < ${before} ORDER BY kill.id DESC LIMIT ${limit}`,
  );

/** One kill, with the whole of its proof. */
export const findKill = (manager: EntityManager, id: number): Promise<KillRow | undefined> =>
  queryRow(manager, sql`${KILLS} WHERE kill.id = ${id}`);
