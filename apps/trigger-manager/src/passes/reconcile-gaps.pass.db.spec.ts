import { sql } from '@meridian/core';
import { queryRow, queryRows, trimChanges } from '@meridian/ops-db';
import pino from 'pino';
import { ImagingWorld } from '../testing/imaging-world.js';
import { ReconcileGapsPass } from './reconcile-gaps.pass.js';

describe('ReconcileGapsPass', () => {
  let world: ImagingWorld;
  let said: string[];
  beforeEach(async () => {
    world = await ImagingWorld.open();
    said = [];
  });
  afterEach(() => world.close());

  /** One tick of a pass that finds every step long overdue; sub-groups that were wrong. */
  const reconcile = (): Promise<number> => {
    const stream = { write: (line: string) => void said.push(line) };
    const now = () => Promise.resolve(new Date(world.clock.getTime() + 3_600_000));
    return new ReconcileGapsPass({
      dataSource: world.test.dataSource,
      logger: pino({ level: 'error' }, stream),
      now,
      everySeconds: 60,
    }).run();
  };
  const driftCount = async (stepId: number) =>
    (
      await queryRow<{ drift: number }>(
        world.db,
        sql`SELECT coalesce(sum(sub_groups), 0)::int AS drift FROM evaluation_drift WHERE step_id = ${stepId}`,
      )
    )?.drift;

  it('finds nothing where what changed was added up, and notes that it looked', async () => {
    const { extract } = await world.imaging();
    await world.aTile('a.fits');
    await world.evaluate();
    await world.complete(extract);
    await world.aTile('b.fits');

    expect(await reconcile()).toBe(0);
    expect([said, await driftCount(extract.stepId)]).toEqual([[], 0]);
    expect(await reconcile()).toBe(0);
  });

  it('finds a sub-group that holds what is not there, says so, counts it, and has it mended', async () => {
    const { extract } = await world.imaging({ pipeline: { trigger: 'MANUAL' } });
    await world.aTile('a.fits');
    await world.evaluate();
    await queryRows(
      world.db,
      sql`UPDATE sub_group SET member_count = 5, input_fingerprint = repeat('a', 32) WHERE step_id = ${extract.stepId}`,
    );

    expect(await reconcile()).toBe(1);
    expect(said.join()).toContain('1 sub-groups did not hold what the archive says');
    expect(await driftCount(extract.stepId)).toBe(1);
    await world.evaluate();
    expect(
      await queryRows(
        world.db,
        sql`SELECT member_count::int AS n FROM sub_group WHERE step_id = ${extract.stepId}`,
      ),
    ).toEqual([{ n: 1 }]);
    expect(await reconcile()).toBe(0);
  });
});

describe('trimChanges', () => {
  let world: ImagingWorld;
  beforeEach(async () => {
    world = await ImagingWorld.open();
  });
  afterEach(() => world.close());
  const feedOf = async (itemId: number): Promise<number> =>
    (
      await queryRow<{ n: number }>(
        world.db,
        sql`SELECT count(*)::int AS n FROM data_item_change WHERE item_id = ${itemId}`,
      )
    )?.n ?? -1;

  it('keeps what a step has still to see, and deletes it once every step has', async () => {
    await world.imaging();
    await world.evaluate();
    const seen = await world.aTile('a.fits');

    await trimChanges(world.db);
    expect(await feedOf(seen)).toBe(1);
    // Transactions of other databases on the server count as still to come: each further evaluation is of a later snapshot.
    for (let n = 0; (await feedOf(seen)) > 0; n += 1) {
      const unseen = await world.aTile(`b${n}.fits`);
      await trimChanges(world.db);
      expect(await feedOf(unseen)).toBe(1);
      await world.evaluate();
      await trimChanges(world.db);
    }
  });
});
