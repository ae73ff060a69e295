import { rawSql, sql, type QaVerdict, type QualityFinding } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { isoTime } from '../iso-time.js';
import { effectiveVerdict } from './effective-verdict.js';

export interface GivenVerdict {
  readonly verdict: QaVerdict;
  readonly reason: string;
  readonly givenBy: string;
  readonly givenAt: string;
}

/** What is known of the quality of a run. */
export interface RunQuality {
  readonly runId: number;
  /** The one that holds; null while nobody and no rule has judged it. */
  readonly verdict: QaVerdict | null;
  /** By the rules of its step; null without. */
  readonly judged: QaVerdict | null;
  readonly findings: readonly QualityFinding[];
  /** By people, the newest first. */
  readonly given: readonly GivenVerdict[];
}

/** Undefined when there is no such run. */
export const findQuality = (manager: EntityManager, runId: number): Promise<RunQuality | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT run.id AS "runId", ${effectiveVerdict('run.id')} AS verdict, judged.verdict AS judged,
      coalesce((SELECT jsonb_agg(jsonb_build_object('measure', measure, 'value', value, 'verdict', found.verdict, 'reason', reason) ORDER BY place)
        FROM qa_finding found WHERE found.run_id = run.id), ${rawSql(`'[]'`)}) AS findings,
      coalesce((SELECT jsonb_agg(jsonb_build_object('verdict', given.verdict, 'reason', reason, 'givenBy', given_by,
          'givenAt', ${isoTime('given_at')}) ORDER BY id DESC)
        FROM qa_verdict given WHERE given.run_id = run.id), ${rawSql(`'[]'`)}) AS given
    FROM run LEFT JOIN qa_judgement judged ON judged.run_id = run.id
    WHERE run.id = ${runId}`,
  );
