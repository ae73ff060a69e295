import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface Heartbeat {
  readonly daemon: string;
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: Date;
  readonly passes: JsonObject;
}

/** Says that this process is alive now, and forgets instances that have been silent for a day. */
export async function recordHeartbeat(manager: EntityManager, beat: Heartbeat): Promise<void> {
  await queryRows(
    manager,
    sql`
    WITH forgotten AS (
      DELETE FROM daemon_heartbeat WHERE daemon = ${beat.daemon} AND beat_at < now() - interval '1 day'
    )
    INSERT INTO daemon_heartbeat (daemon, instance, host, pid, version, started_at, passes)
    VALUES (${beat.daemon}, ${beat.instance}, ${beat.host}, ${beat.pid}, ${beat.version}, ${beat.startedAt}, ${beat.passes})
    ON CONFLICT (daemon, instance) DO UPDATE SET beat_at = now(), passes = excluded.passes`,
  );
}

/** A process that stops on purpose is not late: it is gone. */
export async function forgetHeartbeat(
  manager: EntityManager,
  { daemon, instance }: Pick<Heartbeat, 'daemon' | 'instance'>,
): Promise<void> {
  await queryRows(
    manager,
    sql`DELETE FROM daemon_heartbeat WHERE daemon = ${daemon} AND instance = ${instance}`,
  );
}
