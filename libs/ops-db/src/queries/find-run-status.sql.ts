import { sql, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** Where a run stands; undefined when it does not exist. */
export const findRunStatus = (
  manager: EntityManager,
  runId: number,
): Promise<{ status: RunStatus; attempt: number } | undefined> =>
  queryRow(manager, sql`SELECT status, attempt FROM run WHERE id = ${runId}`);
