import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
-- Rows that software measured: a relation for each table that some version of a software declares.
CREATE SCHEMA results;

CREATE TABLE result_table (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  software_id bigint NOT NULL REFERENCES reduction_software,
  name text NOT NULL CONSTRAINT result_table_name_is_plain CHECK (name ~ '^[a-z][a-z0-9_]{0,29}$'),
  -- In the schema results; with __history and __current beside it.
  relation text NOT NULL CONSTRAINT result_relation_is_plain CHECK (relation ~ '^[a-z][a-z0-9_]{0,49}$'),
  rows_of text NOT NULL CONSTRAINT result_table_subject_is_known CHECK (rows_of IN ('item', 'sub_group')),
  key text[] NOT NULL,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT one_table_of_a_name_per_software UNIQUE (software_id, name),
  CONSTRAINT one_table_per_relation UNIQUE (relation)
);

-- Of which version the rows of a subject (an item or a sub-group) are the present ones, even where there was nothing to find.
CREATE TABLE result_head (
  table_id bigint NOT NULL REFERENCES result_table,
  subject_id bigint NOT NULL,
  version_major integer NOT NULL,
  version_minor integer NOT NULL,
  run_id bigint NOT NULL REFERENCES run,
  PRIMARY KEY (table_id, subject_id)
);

-- Rows on their way in. Not logged: after a crash of the server they are read from the files again.
CREATE UNLOGGED TABLE staged_row (
  run_id bigint NOT NULL,
  attempt integer NOT NULL,
  table_id bigint NOT NULL,
  line bigint NOT NULL,
  item_id bigint,
  -- In the order of the version's columns.
  cells jsonb NOT NULL,
  PRIMARY KEY (run_id, attempt, table_id, line)
);
CREATE INDEX staged_row_by_item ON staged_row (run_id, table_id, item_id);

-- A line that could not be kept takes no other along.
CREATE TABLE quarantined_row (
  run_id bigint NOT NULL REFERENCES run,
  attempt integer NOT NULL,
  file text NOT NULL,
  line bigint NOT NULL,
  item_id bigint REFERENCES data_item,
  reason text NOT NULL,
  -- The line, or its beginning.
  content text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, attempt, file, line)
);
CREATE INDEX quarantined_row_by_item ON quarantined_row (item_id) WHERE item_id IS NOT NULL;

-- What became of each input item of a run whose software fills tables: exactly one outcome.
CREATE TABLE item_outcome (
  run_id bigint NOT NULL REFERENCES run,
  item_id bigint NOT NULL REFERENCES data_item,
  outcome text NOT NULL CONSTRAINT item_outcome_is_known CHECK (outcome IN ('ok', 'ok_flagged', 'skipped', 'failed', 'missing')),
  reason text NOT NULL DEFAULT '',
  failure_class text NOT NULL DEFAULT '',
  elapsed_seconds double precision,
  overhead_seconds double precision,
  PRIMARY KEY (run_id, item_id)
);
CREATE INDEX item_outcome_by_item ON item_outcome (item_id, run_id DESC);
CREATE INDEX item_outcome_to_look_at ON item_outcome (run_id, outcome) WHERE outcome IN ('failed', 'missing');
`;

const FUNCTIONS = `
CREATE FUNCTION result_column_type(declared text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE declared WHEN 'boolean' THEN 'boolean' WHEN 'int16' THEN 'smallint' WHEN 'int32' THEN 'integer' WHEN 'int64' THEN 'bigint'
    WHEN 'float32' THEN 'real' WHEN 'float64' THEN 'double precision' WHEN 'text' THEN 'text' WHEN 'timestamp' THEN 'timestamptz'
    WHEN 'flags' THEN 'integer' END
$$;

-- The present rows of every subject, with its dims, and whether what they were made of has changed since. A sub-group that nobody has
-- judged since its run ended is called running yet: its rows are as new as can be.
-- Columns are only ever added, and last: what others have built on the view stays.
CREATE FUNCTION show_current_results(shown result_table) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  subject constant text := CASE shown.rows_of WHEN 'item' THEN 'item_id' ELSE 'sub_group_id' END;
  dims constant text := CASE shown.rows_of WHEN 'item' THEN 'item.dims' ELSE 'of_run.dims' END;
  declared text;
BEGIN
  SELECT string_agg(format(', found.%I', attname), '' ORDER BY attnum) INTO declared FROM pg_attribute
  WHERE attrelid = format('results.%I', shown.relation)::regclass AND attnum > 9 AND NOT attisdropped;
  EXECUTE format('CREATE OR REPLACE VIEW results.%I AS
    SELECT found.row_id, found.%I, found.version_major, found.version_minor, found.software_version, found.run_id, found.created_at, found.updated_at,
      %s AS dims, (made_for.state <> ''current'' AND (made_for.state <> ''running'' OR made_for.last_run_id <> found.run_id)
        OR made_for.last_completed_run_id <> found.run_id) AS is_stale%s
    FROM results.%I found
    JOIN public.result_head head ON head.table_id = %s AND head.subject_id = found.%I
      AND head.version_major = found.version_major AND head.version_minor = found.version_minor
    JOIN public.run of_run ON of_run.id = found.run_id
    JOIN public.sub_group made_for ON made_for.id = of_run.sub_group_id%s',
    shown.relation || '__current', subject, dims, declared, shown.relation, shown.id, subject,
    CASE shown.rows_of WHEN 'item' THEN ' JOIN public.data_item item ON item.id = found.item_id AND item.retired_at IS NULL' ELSE '' END);
END $$;

-- Makes the relations of a result table, or adds the columns that a further version declares. Names are quoted here, and nowhere else.
CREATE FUNCTION ensure_result_relation(wanted result_table, columns jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  subject constant text := CASE wanted.rows_of WHEN 'item' THEN 'item_id' ELSE 'sub_group_id' END;
  of_whom constant text := CASE wanted.rows_of WHEN 'item' THEN 'data_item' ELSE 'sub_group' END;
  keys text;
  declared record;
  target text;
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS results.%I (
    row_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, %I bigint NOT NULL REFERENCES public.%I,
    version_major integer NOT NULL, version_minor integer NOT NULL, software_version text NOT NULL,
    run_id bigint NOT NULL REFERENCES public.run, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    line bigint NOT NULL)', wanted.relation, subject, of_whom);
  EXECUTE format('CREATE TABLE IF NOT EXISTS results.%I (LIKE results.%I, replaced_at timestamptz NOT NULL, replaced_by_run_id bigint NOT NULL)',
    wanted.relation || '__history', wanted.relation);
  FOREACH target IN ARRAY ARRAY[wanted.relation, wanted.relation || '__history'] LOOP
    FOR declared IN SELECT * FROM jsonb_to_recordset(columns) AS c(name text, type text, unit text, section text, description text, bits jsonb) LOOP
      EXECUTE format('ALTER TABLE results.%I ADD COLUMN IF NOT EXISTS %I %s', target, declared.name, result_column_type(declared.type));
      EXECUTE format('COMMENT ON COLUMN results.%I.%I IS %L', target, declared.name, concat_ws('; ', nullif(declared.description, ''),
        'unit: ' || nullif(declared.unit, ''), 'section: ' || nullif(declared.section, ''),
        (SELECT 'bits: ' || string_agg(format('%s %s', bit.bit, bit.name), ', ' ORDER BY bit.bit) FROM jsonb_to_recordset(declared.bits) AS bit(bit integer, name text))));
    END LOOP;
  END LOOP;
  SELECT coalesce(string_agg(format(', %I', name), '' ORDER BY place), '') INTO keys FROM unnest(wanted.key) WITH ORDINALITY AS one(name, place);
  EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON results.%I (%I, version_major, version_minor%s)',
    wanted.relation || '__key', wanted.relation, subject, keys);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON results.%I (run_id)', wanted.relation || '__run', wanted.relation);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON results.%I (%I)', wanted.relation || '__past', wanted.relation || '__history', subject);
  EXECUTE format('COMMENT ON TABLE results.%I IS %L', wanted.relation, wanted.description);
  PERFORM show_current_results(wanted);
END $$;
`;

const SETTLING = `
-- Takes the staged rows of a run into their relation, in place of those that the same version line has of the same subjects; what was there
-- before is kept as history. Only subjects that ended well, and of which no later run has rows. Returns how many rows there are now.
CREATE FUNCTION settle_result_rows(settled result_table, columns jsonb, of_run bigint, of_attempt integer, version text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  subject constant text := CASE settled.rows_of WHEN 'item' THEN 'item_id' ELSE 'sub_group_id' END;
  major constant integer := split_part(version, '.', 1);
  minor constant integer := split_part(version, '.', 2);
  -- $1 run, $2 attempt, $3 table, $4 and $5 version, $6 its whole number, $7 subjects.
  staged constant text := format('(SELECT %s AS subject, line, cells FROM public.staged_row WHERE run_id = $1 AND attempt = $2 AND table_id = $3)',
    CASE settled.rows_of WHEN 'item' THEN 'item_id' ELSE '$7[1]' END);
  -- As an array: nobody has counted what this transaction wrote, and a join of guesses may compare everything with everything.
  subjects bigint[];
  present text;
  names text;
  cells text;
  taken text;
  keys text;
  same_key text;
  row_count bigint;
BEGIN
  SELECT coalesce(array_agg(id), '{}') INTO subjects
  FROM (
    SELECT item_id AS id FROM item_outcome WHERE settled.rows_of = 'item' AND run_id = of_run AND outcome IN ('ok', 'ok_flagged')
    UNION ALL
    SELECT sub_group_id FROM run WHERE settled.rows_of = 'sub_group' AND run.id = of_run
  ) ended
  WHERE NOT EXISTS (SELECT FROM result_head head WHERE head.table_id = settled.id AND head.subject_id = ended.id
    AND head.version_major = major AND head.version_minor = minor AND head.run_id > of_run);
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO present FROM pg_attribute
  WHERE attrelid = format('results.%I', settled.relation)::regclass AND attnum > 0 AND NOT attisdropped;
  SELECT string_agg(quote_ident(name), ', ' ORDER BY place), string_agg(cell, ', ' ORDER BY place),
    string_agg(format('%1$I = excluded.%1$I', name), ', ' ORDER BY place),
    coalesce(string_agg(format(', %I', name), '' ORDER BY place) FILTER (WHERE name = ANY(settled.key)), ''),
    coalesce(string_agg(format(' AND %s = known.%I', cell, name), '' ORDER BY place) FILTER (WHERE name = ANY(settled.key)), '')
  INTO names, cells, taken, keys, same_key
  FROM (
    SELECT declared ->> 'name' AS name, place, format('(cells ->> %s)::%s', place - 1, result_column_type(declared ->> 'type')) AS cell
    FROM jsonb_array_elements(columns) WITH ORDINALITY AS one(declared, place)
  ) declared_columns;
  EXECUTE format('INSERT INTO results.%I (%s, replaced_at, replaced_by_run_id)
    SELECT %s, now(), $1 FROM results.%I known
    WHERE known.version_major = $4 AND known.version_minor = $5 AND known.run_id <> $1 AND known.%I = ANY($7)',
    settled.relation || '__history', present, present, settled.relation, subject) USING of_run, of_attempt, settled.id, major, minor, version, subjects;
  EXECUTE format('DELETE FROM results.%I known WHERE known.version_major = $4 AND known.version_minor = $5 AND known.%I = ANY($7)
    AND NOT EXISTS (SELECT FROM %s staged WHERE staged.subject = known.%I%s)',
    settled.relation, subject, staged, subject, same_key) USING of_run, of_attempt, settled.id, major, minor, version, subjects;
  EXECUTE format('INSERT INTO results.%I (%I, version_major, version_minor, software_version, run_id, line, %s)
    SELECT subject, $4, $5, $6, $1, line, %s FROM %s staged WHERE subject = ANY($7) ORDER BY line
    ON CONFLICT (%I, version_major, version_minor%s) DO UPDATE SET software_version = excluded.software_version, run_id = excluded.run_id,
      line = excluded.line, updated_at = now(), %s',
    settled.relation, subject, names, cells, staged, subject, keys, taken) USING of_run, of_attempt, settled.id, major, minor, version, subjects;
  GET DIAGNOSTICS row_count = ROW_COUNT;
  INSERT INTO result_head AS head (table_id, subject_id, version_major, version_minor, run_id)
  SELECT settled.id, subject_id, major, minor, of_run FROM unnest(subjects) subject_id
  ON CONFLICT (table_id, subject_id) DO UPDATE SET version_major = excluded.version_major, version_minor = excluded.version_minor, run_id = excluded.run_id
  WHERE (excluded.version_major, excluded.version_minor) >= (head.version_major, head.version_minor);
  RETURN row_count;
END $$;
`;

const DOWN = `
DROP FUNCTION settle_result_rows(result_table, jsonb, bigint, integer, text);
DROP SCHEMA results CASCADE;
DROP FUNCTION ensure_result_relation(result_table, jsonb);
DROP FUNCTION show_current_results(result_table);
DROP FUNCTION result_column_type(text);
DROP TABLE item_outcome, quarantined_row, staged_row, result_head, result_table;
`;

/** Result tables: declared by software versions, filled by runs, each row of a subject. */
export class ResultTables1700000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES + FUNCTIONS + SETTLING);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
