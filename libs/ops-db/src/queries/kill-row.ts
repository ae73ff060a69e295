import { rawSql, ACTIVE_STATUSES, STATUSES_WITH_JOB, type KillTarget, type RawSql } from '@meridian/core';

/** The columns of `kill_request` that say what it is about. */
export interface KillScopeColumns {
  readonly scope: KillTarget['scope'];
  readonly runId: number | null;
  readonly pipelineId: number | null;
  readonly locationId: number | null;
}

/** Those columns of the alias `kill`, named as in `KillScopeColumns`. */
export const KILL_SCOPE_COLUMNS = rawSql(
  `kill.scope, kill.run_id AS "runId", kill.pipeline_id AS "pipelineId", kill.location_id AS "locationId"`,
);

export function killTargetOf({ scope, runId, pipelineId, locationId }: KillScopeColumns): KillTarget {
  if (scope === 'run' && runId !== null) return { scope, runId };
  if (scope === 'pipeline' && pipelineId !== null) return { scope, pipelineId };
  if (scope === 'location' && locationId !== null) return { scope, locationId };
  return { scope: 'everything' };
}

/** Whether the run with alias `run` is in the scope of the kill with alias `kill`. */
export const RUN_IS_IN_SCOPE = rawSql(
  `(kill.scope = 'everything' OR run.id = kill.run_id OR run.pipeline_id = kill.pipeline_id OR run.location_id = kill.location_id)`,
);

// Written out, not bound: only then does PostgreSQL see that the partial index over active runs will do.
const listOf = (statuses: readonly string[]): RawSql =>
  rawSql(`(${statuses.map((status) => `'${status}'`).join(', ')})`);
export const ACTIVE_LIST = listOf(ACTIVE_STATUSES);
export const WITH_JOB_LIST = listOf(STATUSES_WITH_JOB);
