import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import { FLUX, SOURCES } from '../testing/declared-tables.js';
import { TableWorld } from '../testing/table-world.js';

const DAEMON = path.resolve(__dirname, '../../dist/main.js');
const HEAP_MB = 96;
const PATIENCE_MS = 120_000;
const POLL_MS = 20;

/** The most memory that a process has had so far, in MiB; what it had when we last looked, once it is gone. */
function peakOf(pid: number, before: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return before;
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'));
  return found === null ? before : Number(found[1]) / 1024;
}

describe('the memory of a result-manager that takes the rows of one run', () => {
  let world: TableWorld;
  beforeAll(async () => {
    world = await TableWorld.open();
    await queryRows(world.db, sql`UPDATE data_location SET backend = 'local'`);
  });
  afterAll(() => world.close());

  /** The daemon itself, with a heap that could not hold all rows, until the run is finished. */
  const collected = async (runId: number): Promise<{ status: unknown; peakMb: number }> => {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, DAEMON], {
      env: {
        ...{ PATH: process.env['PATH'], DATABASE_URL: world.workshop.database.url },
        MERIDIAN_LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    let words = '';
    child.stderr.on('data', (part: Buffer) => (words += part.toString()));
    const began = Date.now();
    let peakMb = 0;
    try {
      for (;;) {
        peakMb = peakOf(child.pid ?? 0, peakMb);
        const { status } = await runRow(world.db, runId);
        if (status !== 'COLLECTING_RESULTS') return { status, peakMb };
        if (child.exitCode !== null || child.signalCode !== null || Date.now() - began > PATIENCE_MS)
          throw new Error(`the run is still ${String(status)}; the daemon said: ${words.slice(-2000)}`);
        await setTimeout(POLL_MS);
      }
    } finally {
      child.kill('SIGTERM');
      await gone;
    }
  };

  const items = (count: number): Promise<{ id: number }[]> =>
    queryRows(
      world.db,
      sql`INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
          SELECT 'RAW_DATA_FILE', 'bulk-' || n, '{}', encode(sha256(n::text::bytea), 'hex'), 1 FROM generate_series(1, ${count}::int) n RETURNING id`,
    );

  it('is bounded for 100,000 items with one bad row in a thousand, of which 99,900 are stored, 100 quarantined, and the sum balances', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const ids = (await items(100_000)).map(({ id }) => id);
    const lines = ids.map((id, index) =>
      index % 1000 === 999 ? `{"item": ${id}, "flux": "bright"}` : `{"item": ${id}, "flux": ${index}}`,
    );
    const run = await world.workshop.aRun({ step, itemIds: ids });
    await world.workshop.leave(run, { files: { 'results/flux.ndjson': lines.join('\n') } });
    await world.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });

    const { status, peakMb } = await collected(run.runId);
    expect(status).toBe('COMPLETED_WITH_WARNINGS');
    const books = await queryRow(
      world.db,
      sql`SELECT (SELECT count(*)::int FROM input_set_member WHERE input_set_id = ${run.inputSetId}) AS submitted,
            count(*) FILTER (WHERE outcome = 'ok')::int AS ok, count(*) FILTER (WHERE outcome = 'failed')::int AS failed, count(*)::int AS all,
            (SELECT count(*)::int FROM quarantined_row WHERE run_id = ${run.runId} AND reason <> '') AS quarantined
          FROM item_outcome WHERE run_id = ${run.runId}`,
    );
    expect(books).toEqual({ submitted: 100_000, ok: 99_900, failed: 100, all: 100_000, quarantined: 100 });
    expect(await rowsOf('flux', '', 'count(*)::int AS rows, 0 AS row_id')).toEqual([
      { rows: 99_900, row_id: 0 },
    ]);
    const quarantine = await queryRow(
      world.db,
      sql`SELECT min(reason) AS reason, max(reason) = min(reason) AS is_one, min(line)::int AS line, bool_and(content LIKE '%"bright"%') AS is_kept
          FROM quarantined_row WHERE run_id = ${run.runId}`,
    );
    expect(quarantine).toEqual({
      ...{ reason: 'flux is "bright", not a number', is_one: true, line: 1000, is_kept: true },
    });
    expect(await world.warningsOf(run.runId)).toEqual(['items.failed', 'rows.quarantined']);
    expect(await queryRows(world.db, sql`SELECT line FROM staged_row`)).toEqual([]);
    expect(peakMb).toBeLessThan(300);
  });

  it('does not depend on how many rows an item has', async () => {
    const { step } = await world.aTool(SOURCES);
    const peak = async (rows: number): Promise<number> => {
      const [item = 0] = await world.items(1);
      const text = Array.from(
        { length: rows },
        (_, n) => `{"item": ${item}, "number": ${n}, "name": "a source"}`,
      );
      const run = await world.workshop.aRun({ step, itemIds: [item] });
      await world.workshop.leave(run, { files: { 'results/sources.ndjson': text.join('\n') } });
      await world.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
      const { status, peakMb } = await collected(run.runId);
      expect(status).toBe('COMPLETED');
      return peakMb;
    };
    expect((await peak(200_000)) - (await peak(20_000))).toBeLessThan(60);
  });
});
