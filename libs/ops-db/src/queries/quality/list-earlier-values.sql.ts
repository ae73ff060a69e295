import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface EarlierValuesQuery {
  readonly stepId: number;
  readonly before: number;
  /** In words, as findings are kept. */
  readonly measure: string;
  /** What an earlier run must have in common. */
  readonly dims: Dims;
  readonly last: number;
}

/** What was measured of the last completed runs of a step before one, the newest first; a run that failed the rule is no example. */
export const listEarlierValues = async (
  manager: EntityManager,
  { stepId, before, measure, dims, last }: EarlierValuesQuery,
): Promise<number[]> => {
  const rows = await queryRows<{ value: number }>(
    manager,
    sql`
    SELECT found.value
    FROM qa_finding found JOIN run ON run.id = found.run_id
    WHERE found.measure = ${measure} AND found.value IS NOT NULL AND found.run_id < ${before} AND found.verdict <> 'FAIL'
      AND run.step_id = ${stepId} AND run.dims @> ${JSON.stringify(dims)}::jsonb
    ORDER BY found.run_id DESC LIMIT ${last}`,
  );
  return rows.map(({ value }) => value);
};
