import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE publication_transition (from_state text NOT NULL, to_state text NOT NULL, PRIMARY KEY (from_state, to_state));
INSERT INTO publication_transition VALUES
  ('staged', 'eligible'), ('staged', 'rejected'), ('eligible', 'publishing'), ('eligible', 'rejected'),
  ('publishing', 'published'), ('publishing', 'eligible'), ('publishing', 'failed'),
  ('published', 'withdrawn'), ('rejected', 'staged'), ('failed', 'staged');

-- One product on its way to one place that the public reads.
CREATE TABLE publication (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id bigint NOT NULL REFERENCES data_product,
  data_location_id bigint NOT NULL REFERENCES data_location,
  -- What must be true of it, as its step said when it was staged.
  gate jsonb NOT NULL,
  max_attempts integer NOT NULL,
  state text NOT NULL DEFAULT 'staged' CONSTRAINT publication_state_is_known
    CHECK (state IN ('staged', 'eligible', 'publishing', 'published', 'rejected', 'failed', 'withdrawn')),
  -- Why it is not further.
  reasons text[] NOT NULL DEFAULT '{}',
  -- Of what is published under one name: the same path of the same sub-group. Given when copying begins; never given twice.
  version integer CONSTRAINT publication_version_counts_from_1 CHECK (version >= 1),
  path text,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(),
  lease_owner text,
  lease_expires_at timestamptz,
  moved_by text NOT NULL,
  moved_why text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  CONSTRAINT one_publication_per_product_and_place UNIQUE (item_id, data_location_id),
  CONSTRAINT one_publication_per_path UNIQUE (data_location_id, path),
  CONSTRAINT published_product_has_a_version CHECK (state NOT IN ('publishing', 'published', 'withdrawn') OR (version IS NOT NULL AND path IS NOT NULL)),
  CONSTRAINT published_product_has_published_at CHECK ((state IN ('published', 'withdrawn')) = (published_at IS NOT NULL)),
  CONSTRAINT only_publishing_products_are_leased CHECK ((lease_owner IS NOT NULL) = (state = 'publishing') AND (lease_owner IS NULL) = (lease_expires_at IS NULL))
);
CREATE INDEX publication_to_be_moved ON publication (state, not_before) WHERE state IN ('staged', 'eligible', 'publishing');
CREATE INDEX publication_by_state ON publication (state, id DESC);

CREATE TABLE publication_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  publication_id bigint NOT NULL REFERENCES publication,
  from_state text,
  to_state text NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publication_event_by_publication ON publication_event (publication_id, id);

-- Every move is legal and leaves its event; what was published is never anything else again.
CREATE FUNCTION record_publication_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.state <> OLD.state AND NOT EXISTS (SELECT FROM publication_transition WHERE from_state = OLD.state AND to_state = NEW.state) THEN
      RAISE EXCEPTION 'publication % cannot go from % to %', OLD.id, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'publication_transition_is_legal';
    END IF;
    IF OLD.published_at IS NOT NULL AND (NEW.item_id, NEW.data_location_id, NEW.version, NEW.path, NEW.published_at)
        IS DISTINCT FROM (OLD.item_id, OLD.data_location_id, OLD.version, OLD.path, OLD.published_at) THEN
      RAISE EXCEPTION 'publication % is immutable', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'published_product_is_immutable';
    END IF;
    IF NEW.state = OLD.state THEN RETURN NULL; END IF;
  END IF;
  INSERT INTO publication_event (publication_id, from_state, to_state, actor, reason)
  VALUES (NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.moved_by, NEW.moved_why);
  IF NEW.state = 'staged' THEN PERFORM pg_notify('meridian_work', 'publish'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER publication_move_is_legal_and_recorded AFTER INSERT OR UPDATE ON publication FOR EACH ROW EXECUTE FUNCTION record_publication_moves();
`;

const DOWN = `
DROP TABLE publication_event;
DROP TABLE publication;
DROP TABLE publication_transition;
DROP FUNCTION record_publication_moves();
`;

/** Publications: a product's way to the public, with its gate, its lease and its history. */
export class Publication1700000000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
