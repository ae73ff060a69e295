import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE api_token (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT api_token_name_is_unique UNIQUE,
  -- SHA-256 of the token; the token itself is shown once and kept nowhere.
  token_hash text NOT NULL CONSTRAINT api_token_hash_is_unique UNIQUE,
  prefix text NOT NULL,
  role text NOT NULL CONSTRAINT api_token_role_is_known CHECK (role IN ('viewer', 'scientist', 'operator', 'admin', 'service')),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text NOT NULL
);
CREATE INDEX audit_log_by_target ON audit_log (target, id DESC);
CREATE TABLE idempotency_key (
  token_id bigint NOT NULL REFERENCES api_token,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer,
  response jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (token_id, key)
);
CREATE TABLE daemon_heartbeat (
  daemon text NOT NULL,
  instance text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  started_at timestamptz NOT NULL,
  beat_at timestamptz NOT NULL DEFAULT now(),
  -- Per pass: last run, what it changed, its last error.
  passes jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (daemon, instance)
);
`;

/** Who may do what, who did what, and which daemons are alive. */
export class Operating1700000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE daemon_heartbeat, idempotency_key, audit_log, api_token`);
  }
}
