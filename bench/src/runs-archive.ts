import { rawSql, sql, type SqlFragment } from '@meridian/core';
import { aPipeline, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import type { Client } from 'pg';
import type { EntityManager } from 'typeorm';

const RUNS_PER_SUB_GROUP = 4;
/** Out of 100 sub-groups; each of these pipelines has as many steps as the others. */
const PIPELINES = { survey: 60, timing: 20, imaging: 12, polarisation: 6, transients: 2 } as const;
const STEPS = ['flag', 'calibrate', 'image', 'mosaic'] as const;
/** The first sub-groups are of a step of its own, none of whose runs ever completed. */
const ODD_SUB_GROUPS = 250;
/** Runs that have all that a run has (attempts, history, inputs, products): those that are looked up. */
const DETAILED = 20_000;
const RARE = 10;
const ITEMS = 10_000;
const TABLES = [
  'run',
  'sub_group',
  'input_set',
  'attempt',
  'run_event',
  'data_item',
  'data_product',
] as const;

export interface RunArchive {
  readonly runs: number;
  /** Ids of the runs that are looked up are its multiples. */
  readonly stride: number;
}

/**
 * Fills an empty ops-db with `runs` runs, four of each sub-group, the newest of which are at work. Without triggers and foreign keys, and
 * with the indexes built afterwards; the tally is what the migration makes of runs that it finds.
 */
export async function fillRuns(client: Client, manager: EntityManager, runs: number): Promise<RunArchive> {
  const archive = { runs, stride: Math.max(1, Math.floor(runs / DETAILED)) };
  const run = ({ text, values }: SqlFragment) => client.query(text, [...values]);
  await stepsOf(client, manager);
  await client.query('SET session_replication_role = replica');
  const { rows: indexes } = await client.query<{ drop: string; create: string }>(
    `SELECT 'DROP INDEX ' || indexrelid::regclass AS drop, pg_get_indexdef(indexrelid) AS create FROM pg_index
     WHERE indrelid::regclass::text = ANY($1) AND NOT indisprimary AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [TABLES],
  );
  for (const { drop } of indexes) await client.query(drop);
  for (const statement of [subGroups(runs), inputSets(runs), allRuns(runs), ...details(archive)])
    await run(statement);
  await client.query(`SET maintenance_work_mem = '512MB'`);
  for (const { create } of indexes) await client.query(create);
  await run(sql`SELECT setval(pg_get_serial_sequence('run', 'id'), ${runs}::bigint)`);
  await run(sql`INSERT INTO run_tally SELECT step_id, status, count(*) FROM run GROUP BY step_id, status`);
  await client.query('SET session_replication_role = origin');
  await client.query('VACUUM (ANALYZE)');
  await client.query('CHECKPOINT');
  return archive;
}

/** Step numbers in `bench_step`: four for each pipeline in turn, then the odd one. */
async function stepsOf(client: Client, manager: EntityManager): Promise<void> {
  const built: BuiltStep[] = [];
  for (const name of Object.keys(PIPELINES)) {
    const pipeline = await aPipeline(manager, { name });
    for (const [position, step] of STEPS.entries())
      built.push(await aStep(manager, { pipeline, name: step, position }));
  }
  built.push(await aStep(manager, { pipeline: await aPipeline(manager, { name: 'odd' }), name: 'image' }));
  await client.query(
    `CREATE TABLE bench_step AS
     SELECT given.number, step.id AS step_id, step.pipeline_id, pipeline.processing_location_id AS location_id, step.software_version_id,
       step.recipe_hash, step.software_hash, step.config_hash
     FROM unnest($1::bigint[]) WITH ORDINALITY AS given (id, number) JOIN reduction_step step USING (id) JOIN pipeline ON pipeline.id = step.pipeline_id`,
    [built.map(({ stepId }) => stepId)],
  );
}

/** The step number of sub-group `u`. */
function stepNumber(): string {
  let below = 0;
  const cases = Object.values(PIPELINES).map((share, index) => {
    below += share;
    return `WHEN u % 100 < ${below} THEN ${index * STEPS.length + 1} + u / 100 % ${STEPS.length}`;
  });
  return `CASE WHEN u <= ${ODD_SUB_GROUPS} THEN ${cases.length * STEPS.length + 1} ${cases.join(' ')} END`;
}
const STEP = rawSql(stepNumber());
const DIMS =
  rawSql(`jsonb_build_object('obs_unit', u, 'source', 's' || u % 50, 'line', (ARRAY['CII', 'CO43', 'NII', 'OI'])[u % 4 + 1],
  'instrument', 'chai', 'night', (date '2020-01-01' + (u % 2000)::int)::text)`);
const subGroupsOf = (runs: number): number => Math.ceil(runs / RUNS_PER_SUB_GROUP);

const subGroups = (runs: number): SqlFragment => sql`
  INSERT INTO sub_group (id, step_id, key, dims, common_dims, state, member_count) OVERRIDING SYSTEM VALUE
  SELECT u, step_id, left(md5(u::text), 16), jsonb_build_object('obs_unit', u), ${DIMS}, 'current', 3
  FROM generate_series(1, ${subGroupsOf(runs)}::bigint) u JOIN bench_step ON bench_step.number = ${STEP}`;

const inputSets = (runs: number): SqlFragment => sql`
  INSERT INTO input_set (id, fingerprint, member_count, size_bytes) OVERRIDING SYSTEM VALUE
  SELECT u, md5('inputs ' || u), 3, 300 FROM generate_series(1, ${subGroupsOf(runs)}::bigint) u`;

/** Of 1,000 runs, whatever their step, 40 failed or were cancelled; the rest completed, ten of all with warnings; the newest are at work. */
const allRuns = (runs: number): SqlFragment => sql`
  INSERT INTO run (id, pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, dims, causes,
    input_fingerprint, recipe_hash, software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes, created_at, changed_at,
    finished_at, failure_class, failure_reason, moved_by, moved_why) OVERRIDING SYSTEM VALUE
  SELECT n, pipeline_id, step_id, u, location_id, software_version_id, u, status, ${DIMS}, '{}',
    md5('inputs ' || u), recipe_hash, software_hash, config_hash, '{"threshold": 3.5, "fit": {"order": 2, "window": [10, 20]}}',
    CASE WHEN status = 'PENDING' THEN 0 ELSE 1 END, 4, 8192, 60, at, at, CASE WHEN status NOT IN ('PENDING', 'RUNNING') THEN at END,
    CASE WHEN status = 'FAILED' THEN 'SOFTWARE' END, CASE WHEN status = 'FAILED' THEN 'exit code 1' END, 'bench', ''
  FROM (
    SELECT n, u, timestamptz '2020-01-01Z' + make_interval(secs => n) AS at,
      CASE WHEN u <= ${ODD_SUB_GROUPS} THEN 'FAILED'
        WHEN n > ${runs}::bigint - ${Math.min(2000, Math.floor(runs / 100))} THEN CASE n % 2 WHEN 0 THEN 'PENDING' ELSE 'RUNNING' END
        WHEN n % ${Math.floor(runs / RARE)}::bigint = 777 + 7 * (n / ${Math.floor(runs / RARE)}::bigint) THEN 'COMPLETED_WITH_WARNINGS'
        WHEN hashint8(n) & 1023 < 30 THEN 'FAILED' WHEN hashint8(n) & 1023 < 40 THEN 'CANCELLED' ELSE 'COMPLETED' END AS status
    FROM (SELECT n, (n - 1) % ${subGroupsOf(runs)}::bigint + 1 AS u FROM generate_series(1, ${runs}::bigint) n) numbered
  ) made JOIN bench_step ON bench_step.number = ${STEP}`;

/** What a look at one run shows besides the run. */
const details = ({ runs, stride }: RunArchive): SqlFragment[] => {
  const detailed = sql`SELECT id, sub_group_id, status FROM run WHERE id % ${stride}::bigint = 0`;
  return [
    sql`
    INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes) OVERRIDING SYSTEM VALUE
    SELECT n, 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('instrument', 'chai', 'file', n), encode(sha256(n::text::bytea), 'hex'), 100
    FROM generate_series(1, ${ITEMS}::bigint) n`,
    sql`
    INSERT INTO input_set_member (input_set_id, item_id, content_hash)
    SELECT DISTINCT sub_group_id, item.id, item.content_hash FROM (${detailed}) run, generate_series(1, 3) k
    JOIN data_item item ON true WHERE item.id = (run.sub_group_id * 3 + k) % ${ITEMS} + 1`,
    sql`
    INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, submitted_at, started_at, exit_code)
    SELECT id, 1, 'mrd-' || id || '-1', 'job-' || id, 'p/g/s/' || id || '.1', 4, 8192, 60, now(), now(), 0 FROM (${detailed}) run`,
    sql`
    INSERT INTO run_event (run_id, actor, to_status, attempt)
    SELECT id, 'bench', to_status, 1 FROM (${detailed}) run,
      unnest(ARRAY['PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS', 'COMPLETED']) to_status`,
    sql`
    INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes) OVERRIDING SYSTEM VALUE
    SELECT ${ITEMS} + id * 3 + k, 'DATA_PRODUCT', k || '.fits', '{}', encode(sha256((id * 3 + k)::text::bytea), 'hex'), 100
    FROM (${detailed}) run, generate_series(0, 2) k`,
    sql`
    INSERT INTO data_product (item_id, run_id, attempt, type, path)
    SELECT ${ITEMS} + id * 3 + k, id, 1, 'SCIENCE', 'science/' || k || '.fits' FROM (${detailed}) run, generate_series(0, 2) k`,
    sql`INSERT INTO run_metric (run_id, name, value) SELECT id, name, 1.5 FROM (${detailed}) run, unnest(ARRAY['rms', 'seeing']) name`,
    sql`SELECT setval(pg_get_serial_sequence('data_item', 'id'), ${ITEMS + runs * 3 + 3}::bigint)`,
  ];
};
