import { createHash } from 'node:crypto';
import { rawSql, sql, type SqlFragment } from '@meridian/core';
import { insertRawFiles, queryRow, queryRows, type RawFileRecord } from '@meridian/ops-db';
import type { Client } from 'pg';
import type { EntityManager } from 'typeorm';

/** Files of one observation: 4 modules × 10 sub-bands. */
export const FILES_PER_OBSERVATION = 40;
export const FILES_PER_MODULE = 10;
const SECONDS_PER_OBSERVATION = 600;
const SOURCES = 50;
const INSTRUMENTS = ['chai', 'pcam'] as const;
const LINES = ['CII', 'CO43', 'NII', 'OI'] as const;
const START = '2020-01-01T00:00:00Z';
const TABLES = ['data_item', 'raw_data_file', 'physical_copy', 'executed_obs_unit'] as const;

/** What observation number `u` is of; the same in SQL and here (`fileRecord`). */
const OBSERVATION = rawSql(`
  SELECT u, md5('observation ' || u)::uuid AS executed_obs_unit, (ARRAY['${INSTRUMENTS.join(`','`)}'])[u % 2 + 1] AS instrument,
    's' || u * 7 % ${SOURCES} AS source, (ARRAY['${LINES.join(`','`)}'])[u / 2 % 4 + 1] AS line,
    timestamptz '${START}' + make_interval(secs => u * ${SECONDS_PER_OBSERVATION}) AS started_at`);

const observationsOf = (from: number, to: number): SqlFragment => sql`
  INSERT INTO executed_obs_unit (id, obs_unit_id, started_at, finished_at, status)
  SELECT executed_obs_unit, (SELECT id FROM obs_unit WHERE name = observed.source || '-' || observed.line), started_at,
    started_at + make_interval(secs => ${SECONDS_PER_OBSERVATION}), 'SUCCEEDED'
  FROM (${OBSERVATION} FROM generate_series(${from}::bigint, ${to - 1}::bigint) u) observed
  ON CONFLICT DO NOTHING`;

/** The facts that the triggers copy into an item are given with it: they are what `data_item_facts` says. */
const filesOf = (count: number): SqlFragment => sql`
  WITH item AS (
    INSERT INTO data_item (kind, name, dims, content_hash, size_bytes, obs_time, obs_time_end, executed_obs_unit_id, observation_status,
      observation_finished_at)
    SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('instrument', instrument, 'instrument_module', 'm' || n % ${FILES_PER_OBSERVATION} / ${FILES_PER_MODULE},
        'source', source, 'line', line, 'obs_unit', source || '-' || line, 'executed_obs_unit', executed_obs_unit,
        'subband', n % ${FILES_PER_MODULE}, 'raw_data_file', n || '.fits'),
      encode(sha256(n::text::bytea), 'hex'), 100000000 + n % 1000, started_at + make_interval(secs => n % ${FILES_PER_OBSERVATION} * 10),
      started_at + make_interval(secs => n % ${FILES_PER_OBSERVATION} * 10 + 10), executed_obs_unit, 'SUCCEEDED',
      started_at + make_interval(secs => ${SECONDS_PER_OBSERVATION})
    FROM generate_series(0, ${count - 1}::bigint) n,
      LATERAL (${OBSERVATION} FROM (SELECT n / ${FILES_PER_OBSERVATION} AS u) one) observed
    RETURNING id, name, executed_obs_unit_id
  ), file AS (
    INSERT INTO raw_data_file (item_id, external_id, executed_obs_unit_id) SELECT id, 'bench/' || name, executed_obs_unit_id FROM item
  )
  INSERT INTO physical_copy (item_id, data_location_id, path)
  SELECT id, (SELECT id FROM data_location WHERE name = 'archive'), name FROM item`;

const OBSERVATORY = sql`
  WITH program AS (INSERT INTO observing_program (name) VALUES ('bench') RETURNING id),
    place AS (INSERT INTO data_location (name, kind, base_path) VALUES ('archive', 'LONG_TERM_ARCHIVE', '/archive')),
    target AS (
      INSERT INTO source (name, kind, ra_deg, dec_deg) SELECT 's' || n, 'FIXED', n, n FROM generate_series(0, ${SOURCES - 1}::int) n RETURNING id, name
    )
  INSERT INTO obs_unit (name, observing_program_id, source_id, line)
  SELECT target.name || '-' || line, program.id, target.id, line FROM program, target, unnest(${[...LINES]}::text[]) line`;

/**
 * Fills an empty ops-db with `count` raw files. Without triggers and foreign keys, and with the indexes built afterwards: what an
 * evaluation sees is the same, and checked to be.
 */
export async function fillArchive(client: Client, count: number): Promise<void> {
  const run = ({ text, values }: SqlFragment) => client.query(text, [...values]);
  await run(OBSERVATORY);
  await client.query(`SET session_replication_role = replica`);
  const { rows: indexes } = await client.query<{ drop: string; create: string }>(
    `SELECT 'DROP INDEX ' || indexrelid::regclass AS drop, pg_get_indexdef(indexrelid) AS create FROM pg_index
     WHERE indrelid::regclass::text = ANY($1) AND NOT indisunique`,
    [TABLES],
  );
  for (const { drop } of indexes) await client.query(drop);
  await run(observationsOf(0, Math.ceil(count / FILES_PER_OBSERVATION)));
  await run(filesOf(count));
  await client.query(`SET maintenance_work_mem = '1GB'`);
  for (const { create } of indexes) await client.query(create);
  await client.query('SET session_replication_role = origin');
  await client.query('VACUUM (ANALYZE)');
}

/** How many items do not have the facts that the triggers would have given them; none, or the archive is not an honest one. */
export async function itemsWithWrongFacts(manager: EntityManager): Promise<number> {
  const row = await queryRow<{ wrong: number }>(
    manager,
    sql`
    SELECT count(*)::int AS wrong FROM data_item item JOIN data_item_facts facts USING (id)
    WHERE (item.executed_obs_unit_id, item.observation_status, item.observation_finished_at, item.raw_data_package_id)
      IS DISTINCT FROM (facts.executed_obs_unit_id, facts.observation_status, facts.observation_finished_at, facts.raw_data_package_id)`,
  );
  return row?.wrong ?? Number.NaN;
}

/** One file more, the `n`-th of the archive: as its observation `u` says, by default the one whose turn it is. */
function fileRecord(n: number, u: number, archiveId: number): RawFileRecord {
  const source = `s${(u * 7) % SOURCES}`;
  const line = LINES[Math.floor(u / 2) % LINES.length] ?? '';
  const within = n % FILES_PER_OBSERVATION;
  const executed = uuidOf(u);
  const at = (seconds: number) =>
    new Date(Date.parse(START) + (u * SECONDS_PER_OBSERVATION + seconds) * 1000).toISOString();
  return {
    externalId: `bench/${n}.fits`,
    name: `${n}.fits`,
    dims: {
      instrument: INSTRUMENTS[u % INSTRUMENTS.length] ?? '',
      instrument_module: `m${Math.floor(within / FILES_PER_MODULE)}`,
      source,
      line,
      obs_unit: `${source}-${line}`,
      executed_obs_unit: executed,
      subband: n % FILES_PER_MODULE,
      raw_data_file: `${n}.fits`,
    },
    contentHash: createHash('sha256').update(String(n)).digest('hex'),
    sizeBytes: 100_000_000 + (n % 1000),
    obsTime: at(within * 10),
    obsTimeEnd: at(within * 10 + 10),
    raDeg: null,
    decDeg: null,
    metadata: null,
    packageId: null,
    executedObsUnitId: executed,
    moduleId: null,
    locationId: archiveId,
    path: `${n}.fits`,
  };
}

const uuidOf = (u: number): string =>
  createHash('md5')
    .update(`observation ${u}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Registers new files as the API does, in one transaction; milliseconds. */
export class Telescope {
  private constructor(
    private readonly manager: EntityManager,
    private readonly archiveId: number,
    private readonly observations: number,
    private next: number,
  ) {}

  static async at(manager: EntityManager): Promise<Telescope> {
    const row = await queryRow<{ archiveId: number; next: number }>(
      manager,
      sql`SELECT location.id AS "archiveId", (SELECT max(id) FROM data_item) AS next FROM data_location location WHERE location.name = 'archive'`,
    );
    if (row === undefined) throw new Error('the archive is not filled');
    return new Telescope(manager, row.archiveId, Math.floor(row.next / FILES_PER_OBSERVATION), row.next);
  }

  /** The files of new observations. */
  async observe(count: number): Promise<number> {
    const from = Math.floor(this.next / FILES_PER_OBSERVATION);
    const to = Math.ceil((this.next + count) / FILES_PER_OBSERVATION);
    await queryRows(this.manager, observationsOf(from, to));
    return this.register(count, (n) => Math.floor(n / FILES_PER_OBSERVATION));
  }

  /** Late files, each of another observation of long ago. */
  late(count: number): Promise<number> {
    const stride = Math.max(1, Math.floor(this.observations / count));
    return this.register(count, (n) => (n * stride) % this.observations);
  }

  private async register(count: number, observationOf: (n: number) => number): Promise<number> {
    const records = Array.from({ length: count }, (_, index) =>
      fileRecord(this.next + index, observationOf(this.next + index), this.archiveId),
    );
    this.next += count;
    const startedAt = performance.now();
    await this.manager.transaction((manager) => insertRawFiles(manager, records));
    return performance.now() - startedAt;
  }
}
