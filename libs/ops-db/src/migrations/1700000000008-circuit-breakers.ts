import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- How attempts of a step at a location ended, in the order in which the database learnt of it: what circuit breakers count. A short memory
-- that the workflow-manager prunes; the lasting facts are in attempt and run_event. No foreign keys: the trigger copies them from a run that
-- has them, and checking them again would cost every run.
CREATE TABLE run_outcome (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  location_id bigint NOT NULL,
  step_id bigint NOT NULL,
  run_id bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- NULL: the run completed.
  failure_class text,
  reason text NOT NULL DEFAULT '',
  -- Whether somebody considered what this failure means for its breaker; a success opens none.
  is_judged boolean NOT NULL
);
CREATE INDEX run_outcome_by_step ON run_outcome (location_id, step_id, id DESC);
CREATE INDEX run_outcome_to_judge ON run_outcome (id) WHERE NOT is_judged;

-- Whoever ends a run leaves its outcome, in the same statement: none can be forgotten. A run that is retried was FAILED for a moment, and
-- counts; a cancelled one says nothing.
CREATE FUNCTION record_run_outcomes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows WHERE finished_at IS NOT NULL) THEN RETURN NULL; END IF;
  INSERT INTO run_outcome (location_id, step_id, run_id, failure_class, reason, is_judged)
    SELECT n.location_id, n.step_id, n.id, CASE WHEN n.status = 'FAILED' THEN n.failure_class END,
           CASE WHEN n.status = 'FAILED' THEN left(n.failure_reason, 500) ELSE '' END, n.status <> 'FAILED'
    FROM new_rows n JOIN old_rows o USING (id)
    WHERE n.status <> o.status AND n.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED')
    ORDER BY n.id;
  RETURN NULL;
END $$;
CREATE TRIGGER run_outcome_is_recorded AFTER UPDATE ON run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_run_outcomes();

-- One for each kind of failure that a step ever had too often at a location. Open: nothing of that step is claimed there, but from retry_at on
-- one run at a time, the probe (half-open). libs/core/src/run/circuit-breaker.ts decides.
CREATE TABLE circuit_breaker (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  location_id bigint NOT NULL REFERENCES data_location,
  step_id bigint NOT NULL REFERENCES reduction_step,
  failure_class text NOT NULL,
  is_open boolean NOT NULL,
  -- What opened it: failures of that class among so many outcomes.
  failures integer NOT NULL,
  outcomes integer NOT NULL,
  last_failure text NOT NULL,
  opened_at timestamptz NOT NULL,
  -- How often it opened or a probe failed since it was last closed.
  openings integer NOT NULL CONSTRAINT circuit_breaker_opened_at_least_once CHECK (openings > 0),
  retry_at timestamptz NOT NULL,
  probe_run_id bigint REFERENCES run,
  -- The newest outcome of the step there when the probe was claimed: the probe's own is a later one.
  probe_after_outcome bigint,
  closed_at timestamptz,
  closed_by text,
  -- Outcomes up to this one were before it was closed, and do not open it again.
  counts_after_outcome bigint NOT NULL DEFAULT 0,
  CONSTRAINT one_circuit_breaker_per_location_step_and_class UNIQUE (location_id, step_id, failure_class),
  CONSTRAINT closed_circuit_breaker_says_when_and_by_whom CHECK (num_nonnulls(closed_at, closed_by) = CASE WHEN is_open THEN 0 ELSE 2 END),
  CONSTRAINT only_open_circuit_breakers_are_probed CHECK (probe_run_id IS NULL OR is_open),
  CONSTRAINT probe_knows_what_was_before_it CHECK ((probe_run_id IS NULL) = (probe_after_outcome IS NULL))
);
CREATE INDEX open_circuit_breaker ON circuit_breaker (location_id, step_id) WHERE is_open;

CREATE FUNCTION announce_closed_breaker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('meridian_work', 'runs');
  RETURN NULL;
END $$;
CREATE TRIGGER closed_circuit_breaker_lets_runs_go AFTER UPDATE ON circuit_breaker
  FOR EACH ROW WHEN (OLD.is_open AND NOT NEW.is_open) EXECUTE FUNCTION announce_closed_breaker();
`;

/** Circuit breakers, and the recent outcomes that they count. */
export class CircuitBreakers1700000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TRIGGER run_outcome_is_recorded ON run;
DROP TABLE circuit_breaker, run_outcome;
DROP FUNCTION record_run_outcomes(), announce_closed_breaker();`);
  }
}
