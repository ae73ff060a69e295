import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { ImagingWorld } from '../testing/imaging-world.js';

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
