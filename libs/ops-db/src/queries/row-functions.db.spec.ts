import {
  canonicalInstant,
  compileGroupBy,
  groupKeyOf,
  joinSql,
  parseGroupBy,
  rawSql,
  sql,
  type ItemRow,
} from '@meridian/core';
import fc from 'fast-check';
import { queryRow, queryRows } from '../sql.js';
import { insertHostileItems } from '../testing/hostile-items.js';
import { TEXTS } from '../testing/hostile-values.js';
import { openTestDatabase, type TestDatabase } from '../testing/index.js';

const TERMS = [
  'a',
  'source',
  '__proto__',
  'constructor',
  'never_there',
  'date(obs_time)',
  "time_bucket(obs_time, '10 min')",
  'time_bucket(obs_time, "1 week")',
  "time_bucket(obs_time, '7 s')",
  "time_bucket(obs_time, '366 days')",
  'healpix(1)',
  'healpix(4)',
  'healpix(64)',
  'healpix(8192)',
  'metadata.x',
  'metadata.x.y',
  'metadata.list.0',
  'metadata.DATE-OBS',
  'metadata.constructor',
];

describe('the SQL functions of rows', () => {
  let db: TestDatabase;
  let rows: ItemRow[];
  beforeAll(async () => {
    db = await openTestDatabase();
    rows = await insertHostileItems(db.dataSource.manager, { count: 300, seed: 42 });
  });
  afterAll(() => db.close());

  it('give the group keys that core computes in memory', async () => {
    const groupings = fc
      .sample(fc.uniqueArray(fc.constantFrom(...TERMS), { maxLength: 6 }), { numRuns: 60, seed: 3 })
      .filter((terms) => !(terms.includes('constructor') && terms.includes('metadata.constructor')));
    for (const grouping of [[], ...TERMS.map((term) => [term]), ...groupings]) {
      const terms = parseGroupBy(grouping);
      const found = await queryRows<{ id: number; key: unknown }>(
        db.dataSource.manager,
        sql`SELECT item.id, ${compileGroupBy(terms)} AS key FROM data_item AS item ORDER BY item.id`,
      );
      expect({ grouping, keys: found }).toEqual({
        grouping,
        keys: rows.map((row) => ({ id: row.id, key: groupKeyOf(terms, row) })),
      });
    }
  });

  it('give one group for numbers that are written differently', async () => {
    const groups = await queryRows<{ key: string; members: number }>(
      db.dataSource.manager,
      sql`
      SELECT key::text, count(*)::integer AS members
      FROM (SELECT ${compileGroupBy(parseGroupBy(['a']))} AS key FROM (VALUES ('{"a": 1}'::jsonb), ('{"a": 1.0}'), ('{"a": 1.00e0}')) AS item (dims)) AS keyed
      GROUP BY key`,
    );
    expect(groups).toEqual([{ key: '{"a": 1}', members: 3 }]);
  });

  it('agree with core on the pixels of 20 000 positions at every scale', async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => ({
      ra: (index * 137.50776405003785) % 360,
      dec: (Math.asin(1 - (2 * (index + 0.5)) / 20_000) * 180) / Math.PI,
    }));
    for (const nside of [1, 2, 8, 64, 1024, 8192]) {
      const found = await queryRows<{ pixel: number }>(
        db.dataSource.manager,
        sql`
        SELECT healpix_ring(ra, dec, ${nside}::integer) AS pixel
        FROM unnest(${values.map((one) => one.ra)}::float8[], ${values.map((one) => one.dec)}::float8[]) WITH ORDINALITY AS at (ra, dec, n) ORDER BY n`,
      );
      const [term] = parseGroupBy([`healpix(${nside})`]);
      const inCore = values.map(
        ({ ra, dec }) =>
          groupKeyOf(term === undefined ? [] : [term], {
            ...(rows[0] as ItemRow),
            dims: {},
            ra_deg: ra,
            dec_deg: dec,
          })[`healpix_${nside}`],
      );
      expect(found.map((row) => row.pixel)).toEqual(inCore);
    }
  });

  it('read the same texts as times, and the same times in them', async () => {
    const part = fc.constantFrom(
      '2026',
      '2024',
      '1900',
      '2000',
      '0001',
      '9999',
      '02',
      '12',
      '28',
      '29',
      '30',
      '31',
      '00',
      '23',
      '24',
      '59',
      '60',
      '-',
      ':',
      'T',
      ' ',
      'Z',
      '+',
      '.',
      '5',
      '123456789',
      '+15:59',
      '-0330',
      '-16:00',
    );
    const dateLike = fc
      .tuple(
        fc.constantFrom('0000', '0001', '1900', '2000', '2023', '2024', '9999'),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        fc.array(part, { maxLength: 5 }),
      )
      .map(
        ([year, month, day, rest]) =>
          `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}${rest.join('')}`,
      );
    const exact = fc
      .tuple(
        dateLike,
        fc.constantFrom('T00:00', 'T23:59:59', ' 12:30:15.1234567', 'T24:00:00', 'T12:60:00', 'T05:05:05.5'),
        fc.constantFrom('', 'Z', '+02:00', '-15:59', '+0530', '-03', '+16:00', '+01:60'),
      )
      .map(([date, clock, zone]) => date.slice(0, 10) + clock + zone);
    const texts = [
      ...TEXTS,
      ...fc.sample(dateLike, { numRuns: 2000, seed: 5 }),
      ...fc.sample(exact, { numRuns: 6000, seed: 6 }),
    ];
    const found = await queryRows<{ instant: string | null }>(
      db.dataSource.manager,
      sql`
      SELECT to_char(iso_instant(value) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS instant FROM unnest(${texts}::text[]) WITH ORDINALITY AS given (value, n) ORDER BY n`,
    );

    const different = texts.flatMap((value, index) =>
      canonicalInstant(value) === found[index]?.instant ? [] : [{ value, sql: found[index]?.instant }],
    );
    expect(different).toEqual([]);
    expect(found.filter((row) => row.instant !== null).length).toBeGreaterThan(1000);
  });

  it('are safe to index and to run in parallel', async () => {
    const names = [
      'scalar_json',
      'json_text',
      'json_number',
      'iso_instant',
      'time_bucket',
      'angular_separation_deg',
      'healpix_ring',
    ];
    const found = await queryRows(
      db.dataSource.manager,
      sql`
      SELECT proname AS name, provolatile AS volatility, proparallel AS parallel FROM pg_proc WHERE proname = ANY(${names}) ORDER BY proname`,
    );
    expect(found).toEqual(names.toSorted().map((name) => ({ name, volatility: 'i', parallel: 's' })));
  });

  it('do not depend on the time zone of the session', async () => {
    const keys = await db.dataSource.manager.transaction(async (manager) => {
      await queryRows(manager, sql`SET LOCAL TIME ZONE 'America/Santiago'`);
      return queryRow(
        manager,
        sql`
        SELECT iso_instant('2026-03-01T00:30') = '2026-03-01T00:30:00Z' AS instant,
          ${compileGroupBy(parseGroupBy(['date(obs_time)', "time_bucket(obs_time, '1 h')"]))} AS key
        FROM (SELECT '{}'::jsonb AS dims, '2026-03-01T00:30:00Z'::timestamptz AS obs_time) AS item`,
      );
    });
    expect(keys).toEqual({
      instant: true,
      key: { obs_date: '2026-03-01', obs_time_1h: '2026-03-01T00:00:00Z' },
    });
  });

  it('measure angles at the poles, across RA 0 and to the antipode', async () => {
    const cases = [
      [0, 90, 180, 90, 0],
      [359.5, 0, 0.5, 0, 1],
      [10, -89, 190, -89, 2],
      [0, 0, 180, 0, 180],
      [12, 34, 192, -34, 180],
      [5e-324, 1e-300, 0, 0, 0],
    ] as const;
    const columns = cases.map(
      ([ra1, dec1, ra2, dec2, expected], index) =>
        sql`abs(angular_separation_deg(${ra1}::float8, ${dec1}::float8, ${ra2}::float8, ${dec2}::float8) - ${expected}::float8) < 1e-12 AS ${rawSql(`c${index}`)}`,
    );
    expect(await queryRow(db.dataSource.manager, sql`SELECT ${joinSql(columns, ', ')}`)).toEqual(
      Object.fromEntries(cases.map((_, index) => [`c${index}`, true])),
    );
  });
});
