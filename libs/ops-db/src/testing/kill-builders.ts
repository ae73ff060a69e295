import { sql, type KillTarget } from '@meridian/core';
import type { DataSource, EntityManager } from 'typeorm';
import { claimKillLooks, type KillLookClaim } from '../queries/claim-kill-looks.sql.js';
import { liftKill } from '../queries/lift-kill.sql.js';
import { listKills } from '../queries/list-kills.sql.js';
import { openKill } from '../queries/open-kill.sql.js';
import { recordKillLook, type KillLookRecord } from '../queries/record-kill-look.sql.js';
import { queryRows } from '../sql.js';

/** An open kill, as an operator asks for it. */
export const aKill = (dataSource: DataSource, target: KillTarget): Promise<number> =>
  dataSource.transaction((transaction) =>
    openKill(transaction, { target, reason: 'smoke', actor: 'token:eve' }),
  );

/** Keeps the answer to a look: nothing alive, unless told otherwise. The next look is due at once. */
export const answerKillLook = (
  db: EntityManager,
  { killId, locationId, look }: KillLookClaim,
  changes: Partial<KillLookRecord> = {},
): Promise<boolean> =>
  recordKillLook(db, {
    killId,
    locationId,
    look,
    silence: null,
    alive: [],
    toldCount: 0,
    runsWithJob: 0,
    nextLookSeconds: 0,
    ...changes,
  });

/** Every look that is due, answered; says of each whether it settled its kill. */
export async function lookOnce(db: EntityManager, changes: Partial<KillLookRecord> = {}): Promise<boolean[]> {
  const settled: boolean[] = [];
  for (const claimed of await claimKillLooks(db, { leaseSeconds: 60 }))
    settled.push(await answerKillLook(db, claimed, changes));
  return settled;
}

/** So that the next test begins with no kill and no active run of this one. */
export async function endKillsAndRuns(db: EntityManager): Promise<void> {
  await queryRows(
    db,
    sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL,
                       moved_by = 'test', moved_why = '' WHERE finished_at IS NULL`,
  );
  for (const { id, holds } of await listKills(db, { before: null, limit: 100 }))
    if (holds) await liftKill(db, { killId: id, actor: 'token:test' });
}
