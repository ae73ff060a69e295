import { rawSql, sql, type ItemRow, type TableRow } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { TEXTS, TIMES } from './hostile-values.js';

/** The hardware and the plans that hostile items belong to, as rows. */
export interface Observatory {
  /** 20 executions of 8 obs units. */
  readonly executed: readonly TableRow[];
  /** The joined rows of a raw item with these links (indexes of `executed` and of the 5 modules). */
  tablesFor(links: { readonly executed: number | null; readonly module: number | null }): ItemRow['tables'];
}

const pick = <Value>(values: readonly Value[], index: number): Value => {
  const value = values[index % values.length];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
};

const rowsOf = (count: number, make: (index: number) => TableRow): TableRow[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Inserts the rows with their ids and gives them back. */
async function insert(manager: EntityManager, table: string, rows: TableRow[]): Promise<TableRow[]> {
  await queryRows(
    manager,
    sql`INSERT INTO ${rawSql(table)} (${rawSql(Object.keys(rows[0] ?? {}).join(', '))}) OVERRIDING SYSTEM VALUE
    SELECT ${rawSql(Object.keys(rows[0] ?? {}).join(', '))} FROM jsonb_populate_recordset(NULL::${rawSql(table)}, ${JSON.stringify(rows)}::jsonb)`,
  );
  return rows;
}

/** Needs `session_replication_role = replica` only for speed: every reference is there. */
export async function insertObservatory(manager: EntityManager): Promise<Observatory> {
  const observatories = await insert(
    manager,
    'observatory',
    rowsOf(2, (i) => ({
      id: i + 1,
      name: pick(['CCAT', "O'Brien"], i),
      description: '',
      created_at: '2026-01-01',
    })),
  );
  const telescopes = await insert(
    manager,
    'telescope',
    rowsOf(3, (i) => ({
      id: i + 1,
      observatory_id: (i % 2) + 1,
      name: `FYST${i}`,
      latitude_deg: pick([-22.9, null, 89.5], i),
      longitude_deg: pick([292.2, -67.7, null], i),
      altitude_m: pick([5611, null, 0.1], i),
      created_at: '2026-01-01',
    })),
  );
  const instruments = await insert(
    manager,
    'instrument',
    rowsOf(3, (i) => ({
      id: i + 1,
      telescope_id: i + 1,
      name: pick(['CHAI', 'Prime-Cam', '100%'], i),
      description: '',
      available: i !== 1,
      created_at: '2026-01-01',
    })),
  );
  const modules = await insert(
    manager,
    'instrument_module',
    rowsOf(5, (i) => ({
      id: i + 1,
      instrument_id: (i % 3) + 1,
      name: pick(['CHAI', 'LFA', 'HFA', 'a_b', '😀'], i),
      description: '',
      created_at: '2026-01-01',
    })),
  );
  const programs = await insert(
    manager,
    'observing_program',
    rowsOf(4, (i) => ({
      id: i + 1,
      name: `P${i}`,
      title: pick(TEXTS, i * 3),
      lead: pick(TEXTS, i * 5),
      created_at: '2026-01-01',
    })),
  );
  const sources = await insert(
    manager,
    'source',
    rowsOf(6, (i) => ({
      id: i + 1,
      name: pick(['NGC253', "O'Brien", 'Ａ', '😀', 'a%b', 'back\\slash'], i),
      kind: pick(['FIXED', 'SOLAR_SYSTEM', 'CONSTANT_ELEVATION'], i),
      ra_deg: i % 3 === 0 ? 11.888 + i : null,
      dec_deg: i % 3 === 0 ? -25.288 : null,
      naif_id: i % 3 === 1 ? 599 : null,
      elevation_deg: i % 3 === 2 ? 45.5 : null,
      metadata: pick([{}, { x: 5 }, { x: { y: 'abc' } }, { list: ['5', 5] }], i),
      created_at: '2026-01-01',
    })),
  );
  const units = await insert(
    manager,
    'obs_unit',
    rowsOf(8, (i) => ({
      id: i + 1,
      name: `unit ${pick(TEXTS, i)}`,
      observing_program_id: (i % 4) + 1,
      source_id: (i % 6) + 1,
      instrument_id: i % 2 === 0 ? (i % 3) + 1 : null,
      line: pick(['CO43', 'CII', null, 'co43'], i),
      metadata: pick([{}, { x: '5' }, { x: true }], i),
      created_at: '2026-01-01',
    })),
  );
  const executed = await insert(
    manager,
    'executed_obs_unit',
    rowsOf(20, (i) => ({
      id: `6a4bd9b2-9c1f-4e0e-8f42-${(i + 0xab0).toString(16).padStart(12, '0')}`,
      obs_unit_id: (i % 8) + 1,
      started_at: '1800-01-01T00:00:00Z',
      finished_at: i % 4 === 0 ? null : pick(TIMES, i),
      status: i % 4 === 0 ? 'RUNNING' : pick(['SUCCEEDED', 'FAILED', 'ABORTED'], i),
      metadata: pick([{}, { x: 5.5 }, { list: [{ y: 1 }] }], i),
      created_at: '2026-01-01',
    })),
  );

  const byId = (rows: readonly TableRow[], id: unknown): TableRow | undefined =>
    rows.find((row) => row['id'] === id);
  return {
    executed,
    tablesFor: (links) => {
      const run = links.executed === null ? undefined : executed[links.executed];
      const unit = byId(units, run?.['obs_unit_id']);
      const module = links.module === null ? undefined : modules[links.module];
      const instrument = byId(instruments, module?.['instrument_id'] ?? unit?.['instrument_id']);
      const telescope = byId(telescopes, instrument?.['telescope_id']);
      const tables = {
        ExecutedObsUnit: run,
        ObsUnit: unit,
        ObservingProgram: byId(programs, unit?.['observing_program_id']),
        Source: byId(sources, unit?.['source_id']),
        InstrumentModule: module,
        Instrument: instrument,
        Telescope: telescope,
        Observatory: byId(observatories, telescope?.['observatory_id']),
      };
      return Object.fromEntries(Object.entries(tables).filter(([, row]) => row !== undefined));
    },
  };
}
