import { sql, type QualityJudgement } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface JudgedRun {
  readonly runId: number;
  readonly judgement: QualityJudgement;
}

/** Stores what the rules said of runs, in place of what they said before. */
export async function insertJudgements(manager: EntityManager, judged: readonly JudgedRun[]): Promise<void> {
  if (judged.length === 0) return;
  const findings = judged.flatMap(({ runId, judgement }) =>
    judgement.findings.map((finding, place) => ({ run_id: runId, place, ...finding })),
  );
  await queryRows(
    manager,
    sql`
    WITH judged AS (
      INSERT INTO qa_judgement (run_id, verdict)
      SELECT * FROM unnest(${judged.map(({ runId }) => runId)}::bigint[], ${judged.map(({ judgement }) => judgement.verdict)}::text[])
      ON CONFLICT (run_id) DO UPDATE SET verdict = excluded.verdict, judged_at = now()
      RETURNING run_id
    )
    INSERT INTO qa_finding (run_id, place, measure, value, verdict, reason)
    SELECT found.* FROM jsonb_to_recordset(${JSON.stringify(findings)}::jsonb)
      AS found(run_id bigint, place integer, measure text, value double precision, verdict text, reason text)
    JOIN judged USING (run_id)
    ON CONFLICT (run_id, place) DO UPDATE SET measure = excluded.measure, value = excluded.value, verdict = excluded.verdict, reason = excluded.reason`,
  );
}
