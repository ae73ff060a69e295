import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** How long drift is shown: long enough to be reported, and not for ever after it was. */
export const DRIFT_DAYS = 30;

/** How many sub-groups of a step, an SQL expression of its id, were found to be other than the archive says of late. */
export const driftCount = (stepId: string): SqlFragment =>
  sql`(SELECT coalesce(sum(drift.sub_groups), 0)::int FROM evaluation_drift drift
        WHERE drift.step_id = ${rawSql(stepId)} AND drift.found_at > now() - make_interval(days => ${DRIFT_DAYS}))`;
