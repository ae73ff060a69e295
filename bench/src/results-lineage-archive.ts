import { rawSql, sql, type SqlFragment } from '@meridian/core';
import { aStep } from '@meridian/ops-db/testing';
import type { Client } from 'pg';
import type { EntityManager } from 'typeorm';

const GENERATIONS = 8;
/** A run of a later generation uses all products of so many runs of the one before; every run makes so many. */
const FAN = 3;
/** Runs of the first generation that share the calibrations of a night, and of a season. */
const RUNS_OF_NIGHT = 81;
const RUNS_OF_SEASON = 4374;
/** Raw files of a first run, the last of which its neighbour uses too. */
const RAW_FILES = 7;
const USED_BY_RUN = 9;
const TABLES = [
  'run',
  'sub_group',
  'input_set',
  'input_set_member',
  'data_item',
  'data_product',
  'run_source',
] as const;
/** Coprime to any number of runs, which are multiples of 3, 1093 and the trees. */
const SCATTER = 1_000_003;

/**
 * An archive of trees: of a tree's 2,187 first runs, each uses seven raw files and two calibrations; of the later ones, each uses the nine
 * products of three runs of the generation before; the eighth generation is one run.
 *
 * Numbered as if every run were made at a time of its own, so that no two runs of one tree are neighbours on disk: worse than any real archive.
 */
export interface LineageArchive {
  readonly trees: number;
  readonly runs: number;
  readonly products: number;
  /** Uses and makings. */
  readonly edges: number;
  /** Ids by what a walk from them reaches. */
  readonly roots: LineageRootsOfArchive;
}
export interface LineageRootsOfArchive {
  /** Products of fifth-generation runs: some 970 nodes upwards. */
  readonly small: (n: number) => number;
  /** Products of eighth-generation runs: some 26,000 nodes upwards. */
  readonly large: (n: number) => number;
  /** Calibrations of a night: some 500 nodes downwards. */
  readonly night: (n: number) => number;
  /** Calibrations of a season: some 26,000 nodes downwards. */
  readonly season: (n: number) => number;
}

interface Layout {
  readonly trees: number;
  readonly runs: number;
  readonly firstRuns: number;
  /** The number of runs before generation g (from 1). */
  readonly before: readonly number[];
  readonly rawFiles: number;
  readonly nights: number;
  readonly seasons: number;
  readonly items: number;
}

function layoutOf(products: number): Layout {
  const ofTree = (FAN ** GENERATIONS - 1) / (FAN - 1);
  const trees = Math.max(2, Math.round(products / FAN / ofTree));
  const firstRuns = trees * FAN ** (GENERATIONS - 1);
  const before = [0];
  for (let generation = 1; generation <= GENERATIONS; generation += 1)
    before.push((before[generation - 1] ?? 0) + trees * FAN ** (GENERATIONS - generation));
  const rawFiles = firstRuns * (RAW_FILES - 1) + 1;
  const [nights, seasons] = [Math.ceil(firstRuns / RUNS_OF_NIGHT), Math.ceil(firstRuns / RUNS_OF_SEASON)];
  const runs = trees * ofTree;
  return {
    ...{ trees, runs, firstRuns, before, rawFiles, nights, seasons },
    items: rawFiles + nights + seasons,
  };
}

/** The id of run `place` (from 0) in the order of generations and trees. */
const idOf = (place: number, { runs }: Layout): number =>
  1 + Number((BigInt(place) * BigInt(SCATTER)) % BigInt(runs));

export async function fillLineage(
  client: Client,
  manager: EntityManager,
  products: number,
): Promise<LineageArchive> {
  const layout = layoutOf(products);
  const step = await aStep(manager);
  await client.query('SET session_replication_role = replica');
  const { rows: indexes } = await client.query<{ drop: string; create: string }>(
    `SELECT 'DROP INDEX ' || indexrelid::regclass AS drop, pg_get_indexdef(indexrelid) AS create FROM pg_index
     WHERE indrelid::regclass::text = ANY($1) AND NOT indisprimary AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [TABLES],
  );
  for (const { drop } of indexes) await client.query(drop);
  for (const { text, values } of statements(layout, step.stepId)) await client.query(text, [...values]);
  await client.query(`SET maintenance_work_mem = '512MB'`);
  for (const { create } of indexes) await client.query(create);
  await client.query('SET session_replication_role = origin');
  await client.query('VACUUM (ANALYZE)');
  await client.query('CHECKPOINT');
  const { runs, trees, before, rawFiles, nights, seasons } = layout;
  const productOf = (generation: number, count: number) => (n: number) =>
    layout.items + FAN * (idOf((before[generation - 1] ?? 0) + (n % count), layout) - 1) + 1 + (n % FAN);
  return {
    ...{ trees, runs, products: runs * FAN, edges: runs * (FAN + USED_BY_RUN) },
    roots: {
      small: productOf(5, trees * FAN ** 3),
      large: productOf(GENERATIONS, trees),
      night: (n) => rawFiles + 1 + (n % nights),
      // The last season may be a short one.
      season: (n) => rawFiles + nights + 1 + (n % Math.max(1, seasons - 1)),
    },
  };
}

const HASH = (of: string) => rawSql(`repeat(md5((${of})::text), 2)`);

function statements(layout: Layout, stepId: number): SqlFragment[] {
  const { runs, items, before } = layout;
  const run = (place: string) => rawSql(`(1 + (${place}) * ${SCATTER}::bigint % ${runs}::bigint)`);
  return [
    sql`
    INSERT INTO sub_group (id, step_id, key, dims, state) OVERRIDING SYSTEM VALUE
    SELECT n, ${stepId}, left(md5(n::text), 16), jsonb_build_object('n', n), 'current' FROM generate_series(1, ${runs}::bigint) n`,
    sql`
    INSERT INTO input_set (id, fingerprint, member_count, size_bytes) OVERRIDING SYSTEM VALUE
    SELECT n, md5('inputs ' || n), ${USED_BY_RUN}, 900 FROM generate_series(1, ${runs}::bigint) n`,
    sql`
    INSERT INTO run (id, pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, dims, input_fingerprint,
      recipe_hash, software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes, finished_at) OVERRIDING SYSTEM VALUE
    SELECT n, step.pipeline_id, step.id, n, pipeline.processing_location_id, step.software_version_id, n, 'COMPLETED',
      jsonb_build_object('obs_unit', n, 'instrument', 'chai', 'line', 'CII'), md5('inputs ' || n), step.recipe_hash, step.software_hash,
      step.config_hash, '{"threshold": 3.5, "fit": {"order": 2}}', 1, 4, 8192, 60, timestamptz '2020-01-01Z' + make_interval(secs => n)
    FROM generate_series(1, ${runs}::bigint) n, reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id WHERE step.id = ${stepId}`,
    sql`
    INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes) OVERRIDING SYSTEM VALUE
    SELECT n, CASE WHEN n <= ${items} THEN 'RAW_DATA_FILE' ELSE 'DATA_PRODUCT' END, n || '.fits', '{}', ${HASH('n')}, 100
    FROM generate_series(1, ${items + runs * FAN}::bigint) n`,
    sql`
    INSERT INTO data_product (item_id, run_id, attempt, type, path)
    SELECT ${items} + ${FAN} * (n - 1) + k, n, 1, 'SCIENCE', 'science/' || k || '.fits'
    FROM generate_series(1, ${runs}::bigint) n, generate_series(1, ${FAN}::int) k`,
    sql`
    INSERT INTO input_set_member (input_set_id, item_id, content_hash, binding)
    SELECT run_id, item_id, ${HASH('item_id')}, binding FROM (
      SELECT ${run('j')} AS run_id, used.item_id, used.binding
      FROM generate_series(0, ${layout.firstRuns - 1}::bigint) j, LATERAL (
        SELECT j * ${RAW_FILES - 1} + k AS item_id, '' AS binding FROM generate_series(1, ${RAW_FILES}) k
        UNION ALL SELECT ${layout.rawFiles} + 1 + j / ${RUNS_OF_NIGHT}, 'dark'
        UNION ALL SELECT ${layout.rawFiles + layout.nights} + 1 + j / ${RUNS_OF_SEASON}, 'flat') used
      UNION ALL
      SELECT ${run('later.start + j')}, ${items} + ${FAN} * (${run(`later.start_before + j * ${FAN} + child`)} - 1) + k, ''
      FROM unnest(${before.slice(1, GENERATIONS)}::bigint[], ${before.slice(0, GENERATIONS - 1)}::bigint[], ${before.slice(2)}::bigint[])
        AS later (start, start_before, stop),
        generate_series(0, later.stop - later.start - 1) j, generate_series(0, ${FAN - 1}::bigint) child, generate_series(1, ${FAN}) k
    ) used ORDER BY run_id, item_id`,
    // As the trigger would have left it.
    sql`
    INSERT INTO run_source
    SELECT DISTINCT run.id, source.run_id FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id
    JOIN data_product source ON source.item_id = member.item_id`,
  ];
}
