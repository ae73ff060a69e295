import { rawSql, type RawSql } from '@meridian/core';

/** The verdict that holds for a run, an SQL expression of its id: the last word of a person, else that of the rules, else NULL. */
export const effectiveVerdict = (runId: string): RawSql =>
  rawSql(`coalesce((SELECT given.verdict FROM qa_verdict given WHERE given.run_id = ${runId} ORDER BY given.id DESC LIMIT 1),
      (SELECT judged.verdict FROM qa_judgement judged WHERE judged.run_id = ${runId}))`);
