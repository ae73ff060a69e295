import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The planner puts the body of a function in its place only when it has no FROM and is as strict as it is said to be. */
const UP = `
-- int8send shows the 64 bits of a number from -2^63 to 2^63 - 1: three times 2^63 more makes any remainder positive first.
CREATE OR REPLACE FUNCTION hash_sum_hex(total numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT encode(int8send((mod(mod(total, 18446744073709551616) + 27670116110564327424, 18446744073709551616)
    - 9223372036854775808)::bigint), 'hex')
$$;

-- What many jsonb objects of scalars agree on. Most rows contain all that those before them agreed on: that is one comparison.
CREATE FUNCTION agree_further(agreed jsonb, next jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF next @> agreed THEN RETURN agreed; END IF;
  RETURN agreed_dims(agreed, next);
END $$;
CREATE AGGREGATE agreed(jsonb) (SFUNC = agree_further, STYPE = jsonb, COMBINEFUNC = agree_further, PARALLEL = SAFE);

DROP INDEX sub_group_by_due_time;
CREATE INDEX sub_group_by_due_time ON sub_group (step_id, until) WHERE until IS NOT NULL;

-- As for the triggers of runs: planned for one changed item, it would compare thousands pair by pair.
ALTER FUNCTION record_item_changes() SET enable_nestloop = off;
`;

const DOWN = `
ALTER FUNCTION record_item_changes() RESET enable_nestloop;
DROP AGGREGATE agreed(jsonb);
DROP FUNCTION agree_further(jsonb, jsonb);
DROP INDEX sub_group_by_due_time;
CREATE INDEX sub_group_by_due_time ON sub_group (until) WHERE until IS NOT NULL;
CREATE OR REPLACE FUNCTION hash_sum_hex(total numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lpad(to_hex((CASE WHEN m >= 9223372036854775808 THEN m - 18446744073709551616
                           WHEN m < -9223372036854775808 THEN m + 18446744073709551616 ELSE m END)::bigint), 16, '0')
  FROM (SELECT mod(total, 18446744073709551616) AS m) AS folded
$$;
`;

/**
 * What showed only with a million items: fingerprints that are made in place, common dims without an array of all, the next due time
 * of one step, and many items that change at once.
 */
export class LargeArchives1700000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
