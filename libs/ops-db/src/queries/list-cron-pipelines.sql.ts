import { sql, type CronSchedule } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface CronPipeline {
  readonly id: number;
  readonly name: string;
  readonly schedule: CronSchedule;
  /** The last due time that was fired, or when the schedule began. */
  readonly lastDueAt: Date;
}

/** CRON pipelines that may fire: enabled and not paused. */
export const listCronPipelines = (manager: EntityManager): Promise<CronPipeline[]> =>
  queryRows(
    manager,
    sql`
    SELECT id, name, trigger_config AS schedule, cron_due_at AS "lastDueAt"
    FROM pipeline
    WHERE trigger_type = 'CRON' AND enabled AND paused_at IS NULL
    ORDER BY id
  `,
  );
