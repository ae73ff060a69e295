import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- A small picture of a product: one that its program made, or one that is made here.
CREATE TABLE product_preview (
  item_id bigint PRIMARY KEY REFERENCES data_product,
  state text NOT NULL CONSTRAINT product_preview_state_is_known CHECK (state IN ('found', 'wanted', 'made', 'impossible')),
  -- The picture that the program made is a product itself.
  found_item_id bigint REFERENCES data_product,
  -- Where one that was made lies, and what it is.
  data_location_id bigint REFERENCES data_location,
  path text,
  sha256 text,
  size_bytes integer,
  -- Why none can be made.
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  -- Whoever makes one puts this off: when it has passed, somebody else may.
  not_before timestamptz NOT NULL DEFAULT now(),
  lease_owner text,
  CONSTRAINT found_preview_is_a_product CHECK ((state = 'found') = (found_item_id IS NOT NULL)),
  CONSTRAINT made_preview_is_somewhere
    CHECK (num_nonnulls(data_location_id, path, sha256, size_bytes) = CASE state WHEN 'made' THEN 4 ELSE 0 END),
  CONSTRAINT impossible_preview_says_why CHECK ((state <> 'impossible') OR reason IS NOT NULL)
);
CREATE INDEX product_preview_to_make ON product_preview (not_before) WHERE state = 'wanted';

-- What a running program said last of its progress, and when somebody looked.
CREATE TABLE run_progress (
  run_id bigint PRIMARY KEY REFERENCES run,
  attempt integer NOT NULL,
  looked_at timestamptz NOT NULL DEFAULT now(),
  -- {fraction, message, items_done, items_total, said_at}; NULL while it said nothing.
  progress jsonb,
  changed_at timestamptz
);
CREATE INDEX run_progress_of_silence ON run_progress (run_id) WHERE progress IS NULL;

-- Shards of items that are tried again: a shard that is run again leaves those items to them.
CREATE INDEX sub_group_of_retried_items ON sub_group (step_id) WHERE report ? 'retry';
`;

/** Previews of products, the progress of running programs, and shards of items that are tried again. */
export class PreviewsAndRetries1700000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX sub_group_of_retried_items; DROP TABLE run_progress, product_preview;');
  }
}
