import { rawSql } from '@meridian/core';

/** What a plan makes of a sub-group: a run at once, after a time, or when others have had theirs. */
export const PLANNED_RUNS = ['now', 'later', 'follows'] as const;
export type PlannedRun = (typeof PLANNED_RUNS)[number];

/** The `PlannedRun` of sub-group `g`, NULL for none; `follower` is its row of plan_follower. */
export const PLANNED_RUN = rawSql(`CASE WHEN g.state IN ('missing', 'stale') THEN 'now'
      WHEN g.state IN ('settling', 'cooling_down') OR g.state = 'blocked' AND g.until IS NOT NULL THEN 'later'
      WHEN follower.sub_group_id IS NOT NULL THEN 'follows' END`);
