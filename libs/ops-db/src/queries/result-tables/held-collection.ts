import { sql, type SqlFragment } from '@meridian/core';

export interface HeldCollection {
  readonly runId: number;
  readonly attempt: number;
  /** Who collects the run. */
  readonly leaseOwner: string;
}

/**
 * The run, if `leaseOwner` collects it still; its row stays locked, so that nobody else begins to, or completes it, while the statement goes
 * on. A collector that was silent for too long touches nothing of the one that took over.
 */
export const heldCollection = ({ runId, attempt, leaseOwner }: HeldCollection): SqlFragment =>
  sql`SELECT id AS run_id, attempt FROM run
      WHERE id = ${runId} AND attempt = ${attempt} AND status = 'COLLECTING_RESULTS' AND lease_owner = ${leaseOwner} FOR SHARE`;
