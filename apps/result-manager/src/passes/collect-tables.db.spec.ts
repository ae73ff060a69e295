import { sql, type ResultTable } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { column, FLUX, ndjson, SOURCES } from '../testing/declared-tables.js';
import { TableWorld } from '../testing/table-world.js';

describe('the tables of runs', () => {
  let world: TableWorld;
  beforeAll(async () => {
    world = await TableWorld.open();
  });
  afterAll(() => world.close());

  it('are typed relations with comments, and get a row for each input', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const [a = 0, b = 0] = await world.items(2);
    const { runId, row } = await world.ran(step, [a, b], {
      'results/flux.ndjson': ndjson([
        { item: a, flux: 1.5, seen_at: '2026-05-01T00:00:00+02:00' },
        { item: b, flux: -0.25, flags: ['edge'] },
      ]),
      'science/map.fits': 'map',
    });

    expect(row).toMatchObject({ status: 'COMPLETED', moved_why: '1 products, 0 warnings' });
    expect(
      await rowsOf(
        'flux',
        '',
        'item_id, version_major, version_minor, software_version, run_id, line, flux, flags, seen_at',
      ),
    ).toEqual([
      {
        ...{
          item_id: a,
          version_major: 1,
          version_minor: 0,
          software_version: '1.0.0',
          run_id: runId,
          line: 1,
        },
        ...{ flux: 1.5, flags: 0, seen_at: new Date('2026-04-30T22:00:00Z') },
      },
      expect.objectContaining({ item_id: b, flux: -0.25, flags: 4, seen_at: null }),
    ]);
    expect(await world.outcomes(runId)).toEqual([
      ['ok', ''],
      ['ok_flagged', ''],
    ]);
    const comment = await queryRow(
      world.db,
      sql`SELECT description FROM pg_description JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
          WHERE attname = 'flux' AND objoid = (SELECT format('results.%I', relation)::regclass FROM result_table ORDER BY id DESC LIMIT 1)`,
    );
    expect(comment).toEqual({ description: "the source's; unit: Jy; section: Photometry" });
  });

  it('are asked for by flag in SQL, as their comments name the bits', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const [a = 0, b = 0] = await world.items(2);
    await world.ran(step, [a, b], {
      'results/flux.ndjson': ndjson([
        { item: a, flux: 1, flags: ['edge'] },
        { item: b, flux: 2 },
      ]),
    });
    const edge = 'item_id, flags & (1 << 2) <> 0 AS at_edge, col_description(tableoid, 11) AS says, row_id';
    expect(
      (await rowsOf('flux', '', edge)).map(({ item_id, at_edge, says }) => [item_id, at_edge, says]),
    ).toEqual([
      [a, true, 'bits: 2 edge'],
      [b, false, 'bits: 2 edge'],
    ]);
  });

  it('are updated in place by a run of the same version line, which keeps id and time, and what was there is history', async () => {
    const { step, rowsOf, versionOf } = await world.aTool(FLUX);
    const [item = 0] = await world.items(1);
    const first = await world.ran(step, [item], { 'results/flux.ndjson': ndjson([{ item, flux: 1 }]) });
    const [was] = await rowsOf('flux');
    const patch = await versionOf('1.0.7');
    const second = await world.ran(
      step,
      [item],
      { 'results/flux.ndjson': ndjson([{ item, flux: 2 }]) },
      patch,
    );

    const [is, ...more] = await rowsOf('flux');
    expect(more).toEqual([]);
    expect(is).toMatchObject({
      row_id: was?.['row_id'],
      created_at: was?.['created_at'],
      flux: 2,
      run_id: second.runId,
      software_version: '1.0.7',
    });
    expect(await rowsOf('flux', '__history', 'row_id, flux, run_id, replaced_by_run_id')).toEqual([
      { row_id: was?.['row_id'], flux: 1, run_id: first.runId, replaced_by_run_id: second.runId },
    ]);
  });

  it('get new rows from a new minor version, which are the current ones', async () => {
    const { step, rowsOf, versionOf } = await world.aTool(FLUX);
    const [item = 0, other = 0] = await world.items(2);
    await world.ran(step, [item, other], {
      'results/flux.ndjson': ndjson([
        { item, flux: 1 },
        { item: other, flux: 3 },
      ]),
    });
    const wider = { ...FLUX, columns: [...FLUX.columns, column('width', 'float32')] };
    const minor = await versionOf('1.1.0', [wider]);
    await world.ran(step, [item], { 'results/flux.ndjson': ndjson([{ item, flux: 2, width: 0.5 }]) }, minor);

    expect(await rowsOf('flux', '', 'item_id, version_minor, flux, width')).toEqual([
      { item_id: item, version_minor: 0, flux: 1, width: null },
      { item_id: other, version_minor: 0, flux: 3, width: null },
      { item_id: item, version_minor: 1, flux: 2, width: 0.5 },
    ]);
    expect(await rowsOf('flux', '__current', 'item_id, flux, width')).toEqual([
      { item_id: other, flux: 3, width: null },
      { item_id: item, flux: 2, width: 0.5 },
    ]);
    const again = await world.ran(step, [item], { 'results/flux.ndjson': ndjson([{ item, flux: 9 }]) });
    expect(again.row).toMatchObject({ status: 'COMPLETED' });
    expect(await rowsOf('flux', '__current', 'item_id, flux')).toEqual([
      { item_id: other, flux: 3 },
      { item_id: item, flux: 2 },
    ]);
  });

  it('of several rows an item lose those that it has no longer, and keep one of each key', async () => {
    const { step, rowsOf } = await world.aTool(SOURCES);
    const [item = 0] = await world.items(1);
    const rows = (...numbers: number[]) =>
      ndjson(numbers.map((number) => ({ item, number, name: `s${number}` })));
    await world.ran(step, [item], { 'results/sources.ndjson': rows(1, 2, 3) });
    const second = await world.ran(step, [item], {
      'results/sources.ndjson': `${rows(3, 4)}${ndjson([{ item, number: 4, name: 'again', large: '9007199254740993' }])}`,
    });

    expect(await rowsOf('sources', '', 'number, name')).toEqual([
      { number: 3, name: 's3' },
      { number: 4, name: 's4' },
    ]);
    expect((await rowsOf('sources', '__history', 'number, row_id')).map((row) => row['number'])).toEqual([
      1, 2, 3,
    ]);
    expect(await world.outcomes(second.runId)).toEqual([['ok_flagged', 'line 2 has the same key']]);
    const empty = await world.ran(step, [item], {
      'results/outcomes.ndjson': ndjson([{ item, outcome: 'ok' }]),
    });
    expect(empty.row).toMatchObject({ status: 'COMPLETED' });
    expect(await rowsOf('sources', '__current')).toEqual([]);
  });

  it('keep the last good rows of an item that fails, is left out, or is not spoken of', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const [a = 0, b = 0, c = 0] = await world.items(3);
    await world.ran(step, [a, b, c], {
      'results/flux.ndjson': ndjson([a, b, c].map((item) => ({ item, flux: 1 }))),
    });
    const { runId, row } = await world.ran(step, [a, b, c], {
      'results/flux.ndjson': ndjson([{ item: a, flux: 2 }]),
      'results/outcomes.ndjson': ndjson([
        { item: a, outcome: 'failed', reason: 'no star', class: 'FIT', elapsed_seconds: 3 },
        { item: b, outcome: 'skipped', reason: 'too faint' },
        { item: 0, outcome: 'ok' },
      ]),
    });

    expect(row).toMatchObject({ status: 'COMPLETED_WITH_WARNINGS' });
    expect(await world.outcomes(runId)).toEqual([
      ['failed', 'no star'],
      ['skipped', 'too faint'],
      ['missing', ''],
    ]);
    expect(await world.warningsOf(runId)).toEqual(['items.failed', 'items.missing', 'rows.quarantined']);
    expect((await rowsOf('flux', '__current', 'flux, row_id')).map(({ flux }) => flux)).toEqual([1, 1, 1]);
    const times = await queryRows(
      world.db,
      sql`SELECT failure_class AS class, elapsed_seconds AS seconds FROM item_outcome WHERE run_id = ${runId} AND item_id = ${a}`,
    );
    expect(times).toEqual([{ class: 'FIT', seconds: 3 }]);
  });

  it('with rows of sub-groups need no item', async () => {
    const total: ResultTable = {
      ...FLUX,
      name: 'total',
      rows_of: 'sub_group',
      columns: [column('flux', 'float32')],
    };
    const { step, rowsOf } = await world.aTool(total);
    const { runId, subGroupId, row } = await world.ran(step, await world.items(2), {
      'results/total.ndjson': ndjson([{ flux: 0.1 }]),
    });
    expect(row).toMatchObject({ status: 'COMPLETED' });
    const [found] = await rowsOf('total', '__current', 'sub_group_id, run_id, flux, is_stale, dims');
    expect(found).toMatchObject({ sub_group_id: subGroupId, run_id: runId });
    expect(await world.outcomes(runId)).toEqual([]);
  });

  it('tell rows apart whose inputs have changed since', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const [item = 0] = await world.items(1);
    const { runId, subGroupId } = await world.ran(step, [item], {
      'results/flux.ndjson': ndjson([{ item, flux: 1 }]),
    });
    const markAs = (state: string) =>
      queryRows(world.db, sql`UPDATE sub_group SET state = ${state} WHERE id = ${subGroupId}`);
    await markAs('current');
    expect(await rowsOf('flux', '__current', 'is_stale, row_id')).toMatchObject([{ is_stale: false }]);
    await markAs('stale');
    expect(await rowsOf('flux', '__current', 'is_stale, row_id')).toMatchObject([{ is_stale: true }]);
    // Since its run ended nobody has judged its sub-group; then another run is on its way.
    const running = (newest: number) =>
      queryRows(
        world.db,
        sql`UPDATE sub_group SET state = 'running', last_run_id = ${newest} WHERE id = ${subGroupId}`,
      );
    await running(runId);
    expect(await rowsOf('flux', '__current', 'is_stale, row_id')).toMatchObject([{ is_stale: false }]);
    await running((await world.workshop.aRun({ step, itemIds: [item], subGroupId })).runId);
    expect(await rowsOf('flux', '__current', 'is_stale, row_id')).toMatchObject([{ is_stale: true }]);
  });

  it('are filled the same by a collector that takes over after another died', async () => {
    const { step, rowsOf } = await world.aTool(FLUX);
    const [item = 0] = await world.items(1);
    const run = await world.workshop.aRun({ step, itemIds: [item] });
    await world.workshop.leave(run, { files: { 'results/flux.ndjson': ndjson([{ item, flux: 1 }]) } });
    await world.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    await queryRows(
      world.db,
      sql`INSERT INTO staged_row (run_id, attempt, table_id, line, item_id, cells)
          SELECT ${run.runId}, ${run.attempt}, max(id), 7, ${item}, '[99, 0, null]' FROM result_table`,
    );
    await world.collect();
    await world.collect();
    expect((await rowsOf('flux', '', 'flux, row_id')).map(({ flux }) => flux)).toEqual([1]);
  });
});
