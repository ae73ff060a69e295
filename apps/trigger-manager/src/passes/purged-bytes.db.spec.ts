import { reasonToKeep, sql } from '@meridian/core';
import {
  beginDeletions,
  judgeCopies,
  loadInputs,
  queryRows,
  requestPurge,
  scheduleDeletions,
  settleDeletions,
} from '@meridian/ops-db';
import type { BuiltStep } from '@meridian/ops-db/testing';
import { ImagingWorld } from '../testing/imaging-world.js';

describe('the gap engine, where bytes were purged', () => {
  let world: ImagingWorld;
  let steps: { extract: BuiltStep; mosaic: BuiltStep };
  beforeEach(async () => {
    world = await ImagingWorld.open();
    const retention = { rules: [{ keep: 'until_downstream' }] };
    steps = await world.imaging({ extract: { retention }, mosaic: { retention } });
    for (const name of ['a', 'b']) await world.aTile(name);
    await world.evaluate();
    await world.complete(steps.extract);
    await world.evaluate();
  });
  afterEach(() => world.close());

  /** The copies of what a step made: verified, where its runs were. */
  const copiesOf = async ({ stepId, locationId }: BuiltStep): Promise<number[]> => {
    const rows = await queryRows<{ id: number }>(
      world.db,
      sql`INSERT INTO physical_copy (item_id, data_location_id, path, verified_at)
          SELECT item_id, ${locationId}, format('p/%s/%s', run_id, path), now() FROM data_product JOIN run ON run.id = run_id WHERE step_id = ${stepId}
          ORDER BY item_id RETURNING id`,
    );
    return rows.map(({ id }) => id);
  };
  const reasons = async (copyIds: readonly number[]) =>
    (await judgeCopies(world.db, { copyIds, isLocking: false })).map(({ candidate }) =>
      reasonToKeep(candidate),
    );
  const purge = async (copyIds: readonly number[]): Promise<void> => {
    const { locationId } = steps.extract;
    const purged = await requestPurge(world.db, { locationId, downToBytes: 0, actor: 'ada', reason: '' });
    const judged = await judgeCopies(world.db, { copyIds, isLocking: false });
    const copies = judged.map(({ facts }) => ({ ...facts, reason: 'test' }));
    await scheduleDeletions(world.db, { purgeId: purged?.id ?? 0, copies });
    await beginDeletions(world.db, copyIds);
    expect(await settleDeletions(world.db, copyIds)).toBe(copyIds.length);
  };

  it('says when all that was made of an intermediate is current, and only then it may go', async () => {
    const copies = await copiesOf(steps.extract);
    expect(await world.states(steps.mosaic)).toEqual(['running']);
    expect(await reasons(copies)).toEqual(['needed_by_run', 'needed_by_run']);
    await world.complete(steps.mosaic);
    await copiesOf(steps.mosaic);
    await world.evaluate();
    expect(await world.states(steps.mosaic)).toEqual(['current']);
    expect(await reasons(copies)).toEqual([null, null]);
    await world.aTile('c');
    await world.evaluate();
    await world.complete(steps.extract);
    await world.evaluate();
    expect(await reasons(copies)).toEqual(['needed_by_run', 'needed_by_run']);
  });

  it('finds no result stale, and makes no run, because bytes were deleted', async () => {
    const copies = await copiesOf(steps.extract);
    await world.complete(steps.mosaic);
    copies.push(...(await copiesOf(steps.mosaic)));
    await world.evaluate();
    const before = [await world.gaps(steps.extract), await world.gaps(steps.mosaic)];
    await purge(copies);
    for (const look of ['at once', 'from scratch'] as const) {
      if (look === 'from scratch')
        await queryRows(world.db, sql`DELETE FROM step_evaluation RETURNING step_id`);
      world.clock = new Date(world.clock.getTime() + 3_600_000);
      expect([look, await world.evaluate()]).toEqual([look, 0]);
      expect([await world.gaps(steps.extract), await world.gaps(steps.mosaic)]).toEqual(before);
    }
  });

  it('makes a run that wants purged bytes, which is given none: they are to be made again', async () => {
    const copies = await copiesOf(steps.extract);
    await world.complete(steps.mosaic);
    await copiesOf(steps.mosaic);
    await world.evaluate();
    await purge(copies);
    await world.aTile('c');
    await world.evaluate();
    await world.complete(steps.extract);
    await world.evaluate();
    const [{ inputSetId } = { inputSetId: 0 }] = await queryRows<{ inputSetId: number }>(
      world.db,
      sql`SELECT input_set_id AS "inputSetId" FROM run WHERE step_id = ${steps.mosaic.stepId} ORDER BY id DESC LIMIT 1`,
    );
    const inputs = await loadInputs(world.db, steps.mosaic.locationId, [inputSetId]);
    expect(inputs.map(({ copies: held }) => held.length)).toEqual([0, 0, 0]);
  });
});
