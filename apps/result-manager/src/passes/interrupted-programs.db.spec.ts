import { queryRows } from '@meridian/ops-db';
import { sql } from '@meridian/core';
import { runRow } from '@meridian/ops-db/testing';
import { FLUX, ndjson } from '../testing/declared-tables.js';
import { TableWorld } from '../testing/table-world.js';

describe('a program that does not come to its end', () => {
  let world: TableWorld;
  beforeAll(async () => {
    world = await TableWorld.open();
  });
  afterAll(() => world.close());

  const counts = async (runId: number): Promise<Record<string, number>> => {
    const rows = await queryRows<{ outcome: string; count: number }>(
      world.db,
      sql`SELECT outcome, count(*)::int AS count FROM item_outcome WHERE run_id = ${runId} GROUP BY 1`,
    );
    return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
  };
  const rowsOf = (ids: readonly number[]): string => ndjson(ids.map((item) => ({ item, flux: 1 })));

  it('and says so after row 10 of 100 has failed, and none of its rows shows', async () => {
    const { step, rowsOf: stored } = await world.aTool(FLUX);
    const ids = await world.items(100);
    const run = await world.workshop.aRun({ step, itemIds: ids });
    await world.workshop.leave(run, {
      files: { 'results/flux.ndjson': rowsOf(ids.slice(0, 10)) },
      exitCode: 1,
      stderr: 'ValueError: no star\n',
    });
    await world.workshop.ended(run, { state: 'FAILED', exitCode: 1 });
    await world.collect();
    expect(await runRow(world.db, run.runId)).toMatchObject({ status: 'FAILED', failure_class: 'SOFTWARE' });
    expect(await stored('flux')).toEqual([]);
    expect(await counts(run.runId)).toEqual({});
  });

  it('and swallows its exception after row 10 of 100 is no plain success: 90 items are missing, and stay open', async () => {
    const { step } = await world.aTool(FLUX);
    const ids = await world.items(100);
    const { runId, row } = await world.ran(step, ids, { 'results/flux.ndjson': rowsOf(ids.slice(0, 10)) });
    expect(row).toMatchObject({ status: 'COMPLETED_WITH_WARNINGS' });
    expect(await world.warningsOf(runId)).toEqual(['items.missing']);
    expect(await counts(runId)).toEqual({ ok: 10, missing: 90 });
    expect(
      await queryRows(
        world.db,
        sql`SELECT count(*)::int AS open FROM open_item_failure WHERE run_id = ${runId}`,
      ),
    ).toEqual([{ open: 90 }]);
  });

  it('and is cut off in the middle of a row loses that row alone, which is kept to be looked at', async () => {
    const { step } = await world.aTool(FLUX);
    const ids = await world.items(1000);
    const whole = rowsOf(ids);
    const { runId } = await world.ran(step, ids, { 'results/flux.ndjson': whole.slice(0, -9) });
    expect(await counts(runId)).toEqual({ ok: 999, missing: 1 });
    expect(
      await queryRows(world.db, sql`SELECT line::int, content FROM quarantined_row WHERE run_id = ${runId}`),
    ).toEqual([{ line: 1000, content: whole.slice(0, -9).split('\n')[999] }]);
  });
});
