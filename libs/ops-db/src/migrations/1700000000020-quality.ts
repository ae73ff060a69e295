import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- What the rules of its step said of a run when it completed.
CREATE TABLE qa_judgement (
  run_id bigint PRIMARY KEY REFERENCES run,
  verdict text NOT NULL CONSTRAINT qa_judgement_is_known CHECK (verdict IN ('PASS', 'WARN', 'NEEDS_REVIEW', 'FAIL')),
  judged_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE qa_finding (
  run_id bigint NOT NULL REFERENCES qa_judgement ON DELETE CASCADE,
  place integer NOT NULL,
  -- In words, which are also what its history is found by.
  measure text NOT NULL,
  value double precision,
  verdict text NOT NULL CONSTRAINT qa_finding_is_known CHECK (verdict IN ('PASS', 'WARN', 'NEEDS_REVIEW', 'FAIL')),
  reason text NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, place)
);
CREATE INDEX qa_finding_by_measure ON qa_finding (measure, run_id DESC) WHERE value IS NOT NULL;

-- What people said of it since; the last word holds.
CREATE TABLE qa_verdict (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES run,
  verdict text NOT NULL CONSTRAINT qa_verdict_is_known CHECK (verdict IN ('PASS', 'WARN', 'NEEDS_REVIEW', 'FAIL')),
  reason text NOT NULL CONSTRAINT qa_verdict_says_why CHECK (reason <> ''),
  given_by text NOT NULL,
  given_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX qa_verdict_by_run ON qa_verdict (run_id, id DESC);

-- A number about the rows that a run has in a table; NULL where there are none to have a part of.
CREATE FUNCTION measure_result_rows(measured result_table, of_run bigint, kind text, column_name text, flags text[]) RETURNS double precision LANGUAGE plpgsql STABLE AS $$
DECLARE
  counted text;
  found double precision;
BEGIN
  counted := CASE kind WHEN 'rows' THEN 'count(*)'
    WHEN 'null_fraction' THEN format('avg((%I IS NULL)::integer)', column_name)
    WHEN 'flagged_fraction' THEN format('avg((%s)::integer)',
      coalesce((SELECT string_agg(format('coalesce(%I, 0) <> 0', flag), ' OR ') FROM unnest(flags) flag), 'false')) END;
  EXECUTE format('SELECT (%s)::double precision FROM results.%I WHERE run_id = $1', counted, measured.relation) INTO found USING of_run;
  RETURN found;
END $$;
`;

const DOWN = `
DROP FUNCTION measure_result_rows(result_table, bigint, text, text, text[]);
DROP TABLE qa_verdict;
DROP TABLE qa_finding;
DROP TABLE qa_judgement;
`;

/** Judgements of quality, by rules and by people. */
export class Quality1700000000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
