import { sql } from '@meridian/core';
import { migrateOpsDb, opsDataSource, queryRow, queryRows, settleIn, takePlace } from '@meridian/ops-db';
import { dumpAndRestore, dumpDatabase, startDebianServer, type DebianServer } from '@meridian/ops-db/testing';
import { ImagingWorld } from '../testing/imaging-world.js';

const openOn = async (server: DebianServer): Promise<ImagingWorld> => {
  const url = server.urlOf('postgres');
  const dataSource = await opsDataSource({ url, applicationName: 'test' }).initialize();
  return new ImagingWorld({ url, dataSource, close: () => dataSource.destroy() });
};

describe('a database that is restored from pg_dump on another server', () => {
  let old: DebianServer;
  let fresh: DebianServer;
  let world: ImagingWorld;
  let restored: ImagingWorld;
  let imaging: Awaited<ReturnType<ImagingWorld['imaging']>>;
  beforeAll(async () => {
    [old, fresh] = await Promise.all([startDebianServer(), startDebianServer()]);
    world = await openOn(old);
    await migrateOpsDb(world.test.dataSource);
    await settleIn(world.test.dataSource);
    // The new server counts its transactions from the beginning.
    await queryRows(
      world.db,
      sql`DO $$ BEGIN FOR n IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
    );
    imaging = await world.imaging();
    for (const tile of ['a', 'b']) await world.aTile(tile);
    await world.evaluate();
    await world.complete(imaging.extract);
    await world.evaluate();
    await world.complete(imaging.mosaic);
    await world.evaluate();
    await dumpAndRestore(old.urlOf('postgres'), fresh.urlOf('postgres'));
    restored = await openOn(fresh);
  });
  afterAll(async () => {
    await world?.close();
    await restored?.close();
    await old?.remove();
    await fresh?.remove();
  });

  it('has every row that was dumped', async () => {
    const before = await dumpDatabase(world.db);
    expect(before.get('public.run')).toHaveLength(3);
    expect(await dumpDatabase(restored.db)).toEqual(before);
  });

  it('is refused until somebody says that it takes the place of the other', async () => {
    await expect(settleIn(restored.test.dataSource)).rejects.toThrow(/is a restored dump or a copy/);
    expect(await takePlace(restored.test.dataSource)).toBe(true);
    await settleIn(restored.test.dataSource);
    expect(await takePlace(restored.test.dataSource)).toBe(false);
  });

  it('runs nothing again, and sees what comes', async () => {
    expect(await restored.evaluate()).toBe(0);
    expect(await restored.states(imaging.extract)).toEqual(['current', 'current']);
    expect(await restored.states(imaging.mosaic)).toEqual(['current']);
    await restored.aTile('c');
    expect(await restored.evaluate()).toBe(1);
    expect((await restored.runsOf(imaging.extract)).map((run) => run.inputs)).toEqual([['a'], ['b'], ['c']]);
    expect(await restored.evaluate()).toBe(0);
  });

  it('gives no number again that may have been given after the dump', async () => {
    const row = await queryRow(restored.db, sql`SELECT (max(id) > 1000000) AS "areAnew" FROM run`);
    expect(row).toEqual({ areAnew: true });
  });
});
