import { rawSql } from '@meridian/core';

/** True while a request `asked` has not given the sub-group `g` a run. */
export const ANSWERED_ONCE = rawSql(`(g.last_fired_at IS NULL OR g.last_fired_at < asked.requested_at)`);
