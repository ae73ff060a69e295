import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- A person's order to stop a run, a pipeline, a location or everything, open until it is proven that nothing of it is alive.
CREATE TABLE kill_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text NOT NULL CONSTRAINT kill_scope_is_known CHECK (scope IN ('run', 'pipeline', 'location', 'everything')),
  run_id bigint REFERENCES run,
  pipeline_id bigint REFERENCES pipeline,
  location_id bigint REFERENCES data_location,
  reason text NOT NULL,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  -- When the proof was complete.
  settled_at timestamptz,
  -- When a person let its scope go on: before the proof, that gives it up; a kill of everything holds until then.
  lifted_at timestamptz,
  lifted_by text,
  -- While it is true nothing new starts in its scope, whatever is resumed.
  holds boolean NOT NULL GENERATED ALWAYS AS (lifted_at IS NULL AND (settled_at IS NULL OR scope = 'everything')) STORED,
  CONSTRAINT kill_names_what_its_scope_says CHECK
    ((run_id IS NOT NULL) = (scope = 'run') AND (pipeline_id IS NOT NULL) = (scope = 'pipeline')
     AND (location_id IS NOT NULL) = (scope = 'location')),
  CONSTRAINT lifted_kill_names_who CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE INDEX kill_that_holds ON kill_request (id) WHERE holds;
CREATE TRIGGER kill_request_asks_for_evaluation AFTER INSERT OR UPDATE ON kill_request
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();

-- The runs that a kill found active: what became of them is part of the proof.
CREATE TABLE kill_run (
  kill_request_id bigint NOT NULL REFERENCES kill_request,
  run_id bigint NOT NULL REFERENCES run,
  PRIMARY KEY (kill_request_id, run_id)
);

-- What a site said when it was asked what is alive of ours.
CREATE TABLE kill_site (
  kill_request_id bigint NOT NULL REFERENCES kill_request,
  location_id bigint NOT NULL REFERENCES data_location,
  -- The number of the newest look: the answer to an older one, of a manager that was suspended, is not taken.
  look integer NOT NULL DEFAULT 0,
  next_look_at timestamptz NOT NULL DEFAULT now(),
  looked_at timestamptz,
  answered_at timestamptz,
  -- Why the newest look got no answer; NULL when it did.
  silence text,
  -- Of the newest answer: jobs in scope, the first of them in words: {job_id, token, run_id, pipeline, state, since}.
  alive_count integer NOT NULL DEFAULT 0,
  alive jsonb NOT NULL DEFAULT '[]',
  -- Jobs that the site was told to cancel.
  told_count integer NOT NULL DEFAULT 0,
  -- Looks in a row that found nothing alive, and no run that could still get a job.
  clean_looks integer NOT NULL DEFAULT 0,
  PRIMARY KEY (kill_request_id, location_id)
);
`;

/** Stopping a run, a pipeline, a location or everything, with proof. */
export class KillRequests1700000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE kill_site, kill_run, kill_request`);
  }
}
