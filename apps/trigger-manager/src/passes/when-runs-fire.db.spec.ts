import { sql } from '@meridian/core';
import { closeGrouping, queryRow, queryRows } from '@meridian/ops-db';
import { ImagingWorld } from '../testing/imaging-world.js';
import { SurveyWorld } from '../testing/survey-world.js';

describe('EvaluateGapsPass fires', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());

  it('once a sub-group has settled and cooled down', async () => {
    const { extract } = await world.imaging({ extract: { settleSeconds: 300, cooldownSeconds: 3600 } });
    await world.aTile('a.fits');
    expect([await world.evaluate(), await world.states(extract)]).toEqual([0, ['settling']]);

    world.clock = new Date(world.clock.getTime() + 400_000);
    expect([await world.evaluate(), await world.states(extract)]).toEqual([1, ['running']]);
    await world.complete(extract);
    await queryRows(
      world.db,
      sql`UPDATE data_item SET content_hash = ${'d'.repeat(64)}, changed_at = ${world.clock} WHERE kind = 'RAW_DATA_FILE'`,
    );
    world.clock = new Date(world.clock.getTime() + 400_000);
    expect([await world.evaluate(), await world.states(extract)]).toEqual([0, ['cooling_down']]);

    world.clock = new Date(world.clock.getTime() + 3_600_000);
    expect([await world.evaluate(), await world.states(extract)]).toEqual([1, ['running']]);
  });

  it('a MANUAL pipeline only on request, to the end, and closes the request then', async () => {
    const { extract, mosaic } = await world.imaging({ pipeline: { trigger: 'MANUAL' } });
    await world.aTile('a.fits');
    expect([await world.evaluate(), await world.states(extract)]).toEqual([0, ['missing']]);

    await queryRows(
      world.db,
      sql`INSERT INTO trigger_request (pipeline_id, requested_by) VALUES (${extract.pipelineId}, 'ada')`,
    );
    await world.evaluate();
    await world.complete(extract);
    await world.evaluate();
    const open = await queryRow(world.db, sql`SELECT closed_at FROM trigger_request`);
    await world.complete(mosaic);
    await world.evaluate();

    expect(open).toEqual({ closed_at: null });
    expect(await queryRow(world.db, sql`SELECT closed_at FROM trigger_request`)).toEqual({
      closed_at: world.clock,
    });
  });
});

describe('a close of a grouping', () => {
  it('reaches the sub-group that an evaluation made before the close was committed', async () => {
    const world = await SurveyWorld.open();
    try {
      await world.define([{ name: 'stack', group_by: ['field'], expect: { count: 2 } }]);
      await world.ingest([{ name: 'a.fits', dims: { field: 'a' } }]);
      const grouping = await queryRow<{ id: number }>(world.db, sql`SELECT id FROM data_grouping`);
      await world.db.transaction(async (closing) => {
        const { id } = await closeGrouping(closing, {
          groupingId: grouping?.id ?? 0,
          selection: { field: 'a' },
          actor: 'ada',
          reason: 'dawn',
        });
        await queryRows(closing, sql`UPDATE grouping_close SET closed_at = ${world.clock} WHERE id = ${id}`);
        expect([await world.evaluate(), await world.states('stack')]).toEqual([0, ['incomplete']]);
      });

      expect([await world.evaluate(), await world.states('stack')]).toEqual([1, ['running']]);
    } finally {
      await world.close();
    }
  });
});
