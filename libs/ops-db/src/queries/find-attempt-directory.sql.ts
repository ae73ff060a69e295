import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface AttemptDirectory {
  /** Absolute. */
  readonly basePath: string;
  /** Relative to the base path. */
  readonly directory: string;
}

/** Where an attempt's files lie; undefined before its intent is committed. */
export const findAttemptDirectory = (
  manager: EntityManager,
  runId: number,
  attempt: number,
): Promise<AttemptDirectory | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT l.base_path AS "basePath", attempt.directory
    FROM attempt JOIN run ON run.id = attempt.run_id JOIN data_location l ON l.id = run.location_id
    WHERE attempt.run_id = ${runId} AND attempt.number = ${attempt}
  `,
  );
