import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Which runs' products a run with products used: the lineage from run to run, derived from members and products when those are inserted,
-- so that a walk over it reads one index row where members and products would take a dozen. No foreign keys: it follows what has them.
CREATE TABLE run_source (
  run_id bigint NOT NULL,
  source_run_id bigint NOT NULL,
  PRIMARY KEY (run_id, source_run_id)
);
CREATE INDEX run_source_by_source ON run_source (source_run_id, run_id);
INSERT INTO run_source
SELECT DISTINCT run.id, source.run_id FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id
JOIN data_product source ON source.item_id = member.item_id WHERE EXISTS (SELECT FROM data_product product WHERE product.run_id = run.id);

-- A walk reads indexes alone.
DROP INDEX input_set_member_by_item;
CREATE INDEX input_set_member_by_item ON input_set_member (item_id, input_set_id);
DROP INDEX run_by_input_set;
CREATE INDEX run_by_input_set ON run (input_set_id, id);
ALTER TABLE data_product DROP CONSTRAINT product_path_belongs_to_one_run,
  ADD CONSTRAINT product_path_belongs_to_one_run UNIQUE (run_id, path) INCLUDE (item_id);
CREATE INDEX run_by_software_version ON run (software_version_id, id);
CREATE INDEX attempt_by_host ON attempt (host, run_id) WHERE host IS NOT NULL;

-- Somebody's word that an item, a software version or a host is bad, and with it all that was made of it.
CREATE TABLE taint (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CONSTRAINT taint_kind_is_known CHECK (kind IN ('item', 'software', 'host')),
  item_id bigint REFERENCES data_item ON DELETE CASCADE,
  -- What the item was when it was marked: another content under its name is not meant.
  content_hash text,
  software_version_id bigint REFERENCES reduction_software_version,
  host text,
  -- Of a host: only attempts that were at work between the two.
  since timestamptz,
  until timestamptz,
  reason text NOT NULL,
  marked_by text NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT now(),
  lifted_at timestamptz,
  lifted_by text,
  lifted_why text,
  CONSTRAINT taint_has_one_target CHECK ((kind = 'item') = (item_id IS NOT NULL) AND (kind = 'item') = (content_hash IS NOT NULL)
    AND (kind = 'software') = (software_version_id IS NOT NULL) AND (kind = 'host') = (host IS NOT NULL)),
  CONSTRAINT only_hosts_are_bad_for_a_time CHECK (kind = 'host' OR num_nonnulls(since, until) = 0),
  CONSTRAINT taint_ends_after_it_begins CHECK (until > since),
  CONSTRAINT lifted_taint_says_when_by_whom_and_why CHECK (num_nonnulls(lifted_at, lifted_by, lifted_why) IN (0, 3))
);
CREATE UNIQUE INDEX one_taint_per_target ON taint (item_id, content_hash, software_version_id, host, since, until) NULLS NOT DISTINCT
  WHERE lifted_at IS NULL;

-- How far each taint that holds has come.
CREATE TABLE tainted_product (
  item_id bigint NOT NULL REFERENCES data_product,
  taint_id bigint NOT NULL REFERENCES taint ON DELETE CASCADE,
  PRIMARY KEY (item_id, taint_id)
);
CREATE INDEX tainted_product_by_taint ON tainted_product (taint_id, item_id);

-- Public copies of what was rejected after copying had begun.
CREATE INDEX copy_to_be_deleted ON physical_copy (id) WHERE status = 'DELETION_SCHEDULED';

-- Who makes products, or makes them public, holds the taints as they are until the end of the transaction; who marks or lifts one waits
-- for all of those, and they for it. Take it before anything is read that a taint decides on.
CREATE FUNCTION hold_taints() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock_shared(hashtext('meridian taint')) $$;
CREATE FUNCTION change_taints() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(hashtext('meridian taint')) $$;

-- The products that a taint means itself: what was made directly with it.
CREATE FUNCTION products_of_taint(meant taint) RETURNS SETOF bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  CASE meant.kind
  WHEN 'software' THEN
    RETURN QUERY SELECT product.item_id FROM run JOIN data_product product ON product.run_id = run.id
      WHERE run.software_version_id = meant.software_version_id;
  WHEN 'host' THEN
    RETURN QUERY SELECT product.item_id FROM attempt JOIN data_product product ON product.run_id = attempt.run_id AND product.attempt = attempt.number
      WHERE attempt.host = meant.host AND coalesce(attempt.ended_at >= meant.since, true) AND coalesce(attempt.started_at <= meant.until, true);
  WHEN 'item' THEN
    RETURN QUERY
      SELECT product.item_id FROM data_product product WHERE product.item_id = meant.item_id
      UNION ALL
      SELECT product.item_id FROM input_set_member member JOIN run ON run.input_set_id = member.input_set_id
      JOIN data_product product ON product.run_id = run.id
      WHERE member.item_id = meant.item_id AND member.content_hash = meant.content_hash;
  END CASE;
END $$;

-- Marks all that a taint reaches and has not reached yet; returns how many products.
CREATE FUNCTION spread_taint(spread bigint) RETURNS bigint LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  meant taint;
  marked bigint;
BEGIN
  SELECT * INTO meant FROM taint WHERE id = spread AND lifted_at IS NULL;
  IF NOT FOUND THEN RETURN 0; END IF;
  WITH RECURSIVE direct (item_id) AS MATERIALIZED (SELECT products_of_taint(meant)),
  made (run_id) AS (
    SELECT used.id FROM direct, LATERAL (
      SELECT run.id FROM input_set_member member JOIN run ON run.input_set_id = member.input_set_id WHERE member.item_id = direct.item_id OFFSET 0) used
    UNION
    SELECT used.run_id FROM made, LATERAL (SELECT run_id FROM run_source WHERE source_run_id = made.run_id OFFSET 0) used
  )
  INSERT INTO tainted_product (item_id, taint_id)
  SELECT item_id, spread FROM direct
  UNION
  SELECT product.item_id, spread FROM made, LATERAL (SELECT item_id FROM data_product WHERE data_product.run_id = made.run_id OFFSET 0) product
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;

-- A product is born with its place in the lineage, and with the taints of what it is made of. Records that are restored may come in any order:
-- what was made of it may be there before it. Each new row is looked up for itself (OFFSET 0):
-- a join may compare all new rows with all there are, and a scan that hopes to find something soon may find nothing.
-- Without jit, which takes minutes over estimates of tables that nobody has counted yet.
CREATE FUNCTION product_gets_lineage() RETURNS trigger LANGUAGE plpgsql
  SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
BEGIN
  INSERT INTO run_source (run_id, source_run_id)
  SELECT born.run_id, source.run_id FROM (SELECT DISTINCT run_id FROM new_rows) born
  CROSS JOIN LATERAL (SELECT input_set_id FROM run WHERE run.id = born.run_id OFFSET 0) own
  CROSS JOIN LATERAL (SELECT item_id FROM input_set_member member WHERE member.input_set_id = own.input_set_id OFFSET 0) used
  CROSS JOIN LATERAL (SELECT run_id FROM data_product WHERE data_product.item_id = used.item_id OFFSET 0) source
  UNION
  SELECT taker.id, born.run_id FROM new_rows born
  CROSS JOIN LATERAL (SELECT input_set_id FROM input_set_member member WHERE member.item_id = born.item_id OFFSET 0) used
  CROSS JOIN LATERAL (SELECT id FROM run WHERE run.input_set_id = used.input_set_id OFFSET 0) taker
  WHERE EXISTS (SELECT FROM data_product product WHERE product.run_id = taker.id OFFSET 0)
  ON CONFLICT DO NOTHING;

  PERFORM hold_taints();
  IF NOT EXISTS (SELECT FROM taint WHERE lifted_at IS NULL) THEN RETURN NULL; END IF;
  WITH inherited AS (
    INSERT INTO tainted_product (item_id, taint_id)
    SELECT born.item_id, inherited.taint_id
    FROM new_rows born JOIN run ON run.id = born.run_id CROSS JOIN LATERAL (
      SELECT reached.taint_id FROM input_set_member member JOIN tainted_product reached ON reached.item_id = member.item_id
      WHERE member.input_set_id = run.input_set_id
      UNION
      SELECT taint.id FROM input_set_member member JOIN taint ON taint.item_id = member.item_id AND taint.content_hash = member.content_hash
      WHERE member.input_set_id = run.input_set_id AND taint.lifted_at IS NULL
      UNION
      SELECT taint.id FROM taint WHERE taint.software_version_id = run.software_version_id AND taint.lifted_at IS NULL
      UNION
      SELECT taint.id FROM attempt JOIN taint ON taint.host = attempt.host AND taint.lifted_at IS NULL
      WHERE attempt.run_id = born.run_id AND attempt.number = born.attempt
        AND coalesce(attempt.ended_at >= taint.since, true) AND coalesce(attempt.started_at <= taint.until, true)
    ) inherited
    ON CONFLICT DO NOTHING
    RETURNING item_id, taint_id
  )
  INSERT INTO tainted_product (item_id, taint_id)
  SELECT * FROM (
    WITH RECURSIVE made (run_id, taint_id) AS (
      SELECT run.id, inherited.taint_id FROM inherited JOIN input_set_member member ON member.item_id = inherited.item_id
      JOIN run ON run.input_set_id = member.input_set_id
      UNION
      SELECT run_source.run_id, made.taint_id FROM made JOIN run_source ON run_source.source_run_id = made.run_id
    )
    SELECT product.item_id, made.taint_id FROM made JOIN data_product product ON product.run_id = made.run_id) AS later
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER new_data_product_gets_lineage AFTER INSERT ON data_product REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION product_gets_lineage();

-- Where an attempt ran may be learnt after its products were inserted.
CREATE FUNCTION taint_by_host() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows WHERE host IS NOT NULL) THEN RETURN NULL; END IF;
  PERFORM hold_taints();
  PERFORM spread_taint(taint.id) FROM taint
  WHERE taint.kind = 'host' AND taint.lifted_at IS NULL AND EXISTS (
    SELECT FROM new_rows JOIN old_rows USING (run_id, number) WHERE new_rows.host = taint.host
      AND (new_rows.host, new_rows.started_at, new_rows.ended_at) IS DISTINCT FROM (old_rows.host, old_rows.started_at, old_rows.ended_at));
  RETURN NULL;
END $$;
CREATE TRIGGER attempt_on_a_bad_host_taints AFTER UPDATE ON attempt REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION taint_by_host();
`;

const DOWN = `
DROP TRIGGER attempt_on_a_bad_host_taints ON attempt;
DROP TRIGGER new_data_product_gets_lineage ON data_product;
DROP FUNCTION taint_by_host();
DROP FUNCTION product_gets_lineage();
DROP FUNCTION spread_taint(bigint);
DROP FUNCTION products_of_taint(taint);
DROP FUNCTION change_taints();
DROP FUNCTION hold_taints();
DROP INDEX copy_to_be_deleted;
DROP TABLE tainted_product;
DROP TABLE taint;
DROP INDEX attempt_by_host;
DROP INDEX run_by_software_version;
DROP INDEX run_by_input_set;
CREATE INDEX run_by_input_set ON run (input_set_id);
DROP INDEX input_set_member_by_item;
CREATE INDEX input_set_member_by_item ON input_set_member (item_id);
ALTER TABLE data_product DROP CONSTRAINT product_path_belongs_to_one_run, ADD CONSTRAINT product_path_belongs_to_one_run UNIQUE (run_id, path);
DROP TABLE run_source;
`;

/** Taints: what somebody marked bad, and all that was made of it; and the indexes that a walk along the lineage reads. */
export class Taint1700000000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
