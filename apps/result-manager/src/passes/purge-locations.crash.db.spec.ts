import { sql } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { loadInputs, opsDataSource, queryRows } from '@meridian/ops-db';
import { aRun } from '@meridian/ops-db/testing';
import { makeMortal, mortalFiles, watchStatements, type Death } from '../testing/dying-data-source.js';
import { contradictions } from '../testing/purge-books.js';
import { RetentionWorld, type StoredFile } from '../testing/retention-world.js';

describe('PurgeLocationsPass, when it dies or is overtaken', () => {
  let world: RetentionWorld;
  beforeEach(async () => {
    world = await RetentionWorld.open();
  });
  afterEach(() => world.close());
  /** Nothing of the round before, which would only take time to be looked at. */
  const anew = async (): Promise<void> => {
    await queryRows(world.db, sql`DELETE FROM physical_copy RETURNING id`);
  };

  const anotherConnection = () =>
    opsDataSource({ url: world.database.url, applicationName: 'mortal', poolSize: 2 }).initialize();

  it.each(['before', 'after'] as const)(
    'balances its books after dying %s any of its statements and file operations',
    async (when) => {
      for (let at = 1; ; at += 1) {
        await anew();
        const [kept, behind, ...going] = [
          await world.file({ type: 'LOG' }),
          await world.file(),
          await world.file(),
        ];
        if (behind === undefined) throw new Error('no file');
        await aRun(world.db, { itemIds: [behind.itemId] });
        await world.ask();
        const death: Death = { at, when, seen: 0 };
        const dataSource = await anotherConnection();
        makeMortal(dataSource, death);
        await world
          .run({
            ...{ dataSource, actor: `mortal ${at}`, batchSize: 2 },
            filesOf: () => mortalFiles(mountedFiles, death),
          })
          .catch(() => 0);
        await dataSource.destroy();
        const isOver = death.seen < at;

        await world.expireLeases();
        await world.runAll();

        expect([at, await contradictions(world)]).toEqual([at, []]);
        expect([kept, behind, ...going].map(world.isThere)).toEqual([true, true, false]);
        expect(await world.reasonsOf([kept, behind, ...going])).toEqual(['log', 'needed_by_run', null]);
        if (isOver) {
          expect(at).toBeGreaterThan(25);
          break;
        }
      }
    },
    300_000,
  );

  it('never takes away what a run was given, at whatever moment it comes', async () => {
    for (let at = 1; ; at += 1) {
      await anew();
      const file: StoredFile = await world.file();
      await world.ask();
      const dataSource = await anotherConnection();
      let given: number | null = null;
      watchStatements(dataSource, async (number) => {
        if (number !== at) return;
        const run = await aRun(world.db, { itemIds: [file.itemId], status: 'RUNNING' });
        const [input] = await loadInputs(world.db, world.locationId, [run.inputSetId]);
        given = input?.copies.length ?? 0;
      });
      await world.run({ dataSource, actor: `watched ${at}` });
      await dataSource.destroy();
      const wasGiven = given as number | null;
      if (wasGiven === null) {
        expect(at).toBeGreaterThan(15);
        break;
      }
      if (wasGiven > 0)
        expect([at, world.isThere(file), await world.statusOf(file)]).toEqual([at, true, 'PRESENT']);
      expect([at, await contradictions(world)]).toEqual([at, []]);
    }
  }, 300_000);

  it('removes nothing once its lease may be somebody else’s, and whoever has it goes on', async () => {
    const files = [await world.file(), await world.file()];
    await world.ask();
    await world.run({ leaseSeconds: 0.000_001 });
    expect(files.map(world.isThere)).toEqual([true, true]);
    await world.expireLeases();
    await world.run();
    expect(files.map(world.isThere)).toEqual([false, false]);
    expect(await contradictions(world)).toEqual([]);
  });
});
