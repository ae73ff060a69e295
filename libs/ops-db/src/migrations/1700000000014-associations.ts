import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is bound, and how it was chosen: the same for a sub-group, which may change, and for a run, which may not. */
const CHOICE_COLUMNS = `
  name text NOT NULL,
  item_id bigint NOT NULL REFERENCES data_item ON DELETE CASCADE,
  -- As it was when it was chosen: hash_a and hash_b are of it, of the name and of the role.
  content_hash text NOT NULL,
  role text NOT NULL,
  method text NOT NULL,
  -- From the middle of the sub-group to the middle of the item's validity; negative is before.
  offset_seconds double precision NOT NULL,
  weight double precision NOT NULL,
  hash_a bigint NOT NULL,
  hash_b bigint NOT NULL`;

const checks = (table: string): string => `
  CONSTRAINT ${table}_role_is_known CHECK (role IN ('only', 'before', 'after')),
  CONSTRAINT ${table}_method_is_known CHECK (method IN ('covering', 'newest', 'nearest', 'interpolated', 'extrapolated')),
  CONSTRAINT ${table}_weight_is_a_share CHECK (weight > 0 AND weight <= 1)`;

const UP = `
CREATE TABLE sub_group_association (
  sub_group_id bigint NOT NULL REFERENCES sub_group ON DELETE CASCADE,${CHOICE_COLUMNS},
  PRIMARY KEY (sub_group_id, name, role),${checks('sub_group_association')}
);
CREATE INDEX sub_group_association_by_item ON sub_group_association (item_id);

CREATE TABLE run_association (
  run_id bigint NOT NULL REFERENCES run,${CHOICE_COLUMNS.replace(' ON DELETE CASCADE', '')},
  PRIMARY KEY (run_id, name, role),${checks('run_association')}
);
CREATE INDEX run_association_by_item ON run_association (item_id);
CREATE TRIGGER run_association_is_immutable BEFORE UPDATE ON run_association FOR EACH ROW EXECUTE FUNCTION refuse_update();

-- Empty for a member; otherwise the name of the association that bound the item: it may be a member, too.
ALTER TABLE input_set_member
  ADD COLUMN binding text NOT NULL DEFAULT '',
  DROP CONSTRAINT input_set_member_pkey,
  ADD CONSTRAINT input_set_member_pkey PRIMARY KEY (input_set_id, item_id, binding);

-- Those that wait for a producer are looked at whenever anything happens; they are few.
CREATE INDEX sub_group_awaiting_an_association ON sub_group (step_id) WHERE association ? 'awaiting';

-- The fingerprint of a set without a part of it.
CREATE FUNCTION subtract_fingerprint(whole text, part text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT shift_fingerprint(whole, -('x' || left(part, 16))::bit(64)::bigint::numeric, -('x' || right(part, 16))::bit(64)::bigint::numeric)
$$;
`;

/** Calibrations and other further inputs that a rule binds to a sub-group, and what became of it in each run. */
export class Associations1700000000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP FUNCTION subtract_fingerprint(text, text);
DROP INDEX sub_group_awaiting_an_association;
DELETE FROM input_set_member WHERE binding <> '';
ALTER TABLE input_set_member DROP CONSTRAINT input_set_member_pkey, ADD CONSTRAINT input_set_member_pkey PRIMARY KEY (input_set_id, item_id),
  DROP COLUMN binding;
DROP TABLE run_association, sub_group_association;`);
  }
}
