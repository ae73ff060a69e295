import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unreachableFiles } from '@meridian/hpc/testing';
import { findPurge } from '@meridian/ops-db';
import { contradictions } from '../testing/purge-books.js';
import { RetentionWorld, type StoredFile } from '../testing/retention-world.js';

describe('PurgeLocationsPass, by what a disk shows', () => {
  let world: RetentionWorld;
  beforeEach(async () => {
    world = await RetentionWorld.open();
  });
  afterEach(() => world.close());

  const several = async (count: number): Promise<StoredFile[]> => {
    const files = [];
    for (let n = 0; n < count; n += 1) files.push(await world.file());
    return files;
  };

  it('removes nothing through a link that a job put in the way, and notes it', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
    const [plain, behind, replaced] = await several(3);
    if (plain === undefined || behind === undefined || replaced === undefined) throw new Error('no files');
    renameSync(path.dirname(world.at(behind.path)), path.join(outside, 'moved'));
    symlinkSync(path.join(outside, 'moved'), path.dirname(world.at(behind.path)));
    rmSync(world.at(replaced.path));
    writeFileSync(path.join(outside, 'mine.dat'), 'mine');
    symlinkSync(path.join(outside, 'mine.dat'), world.at(replaced.path));
    await world.purge();
    expect(await world.reasonsOf([plain, behind, replaced])).toEqual([null, 'outside_base', 'outside_base']);
    expect(readdirSync(outside, { recursive: true }).map(String).sort()).toEqual([
      ...['mine.dat', 'moved', `moved/${path.basename(behind.path)}`],
    ]);
    rmSync(outside, { recursive: true });
  });

  it('counts bytes that were gone already as gone, and removes directories that it emptied', async () => {
    const [there, gone] = await several(2);
    if (there === undefined || gone === undefined) throw new Error('no files');
    rmSync(world.at(gone.path));
    await world.purge();
    expect([await world.statusOf(there), await world.statusOf(gone)]).toEqual(['DELETED', 'DELETED']);
    expect(readdirSync(world.base, { recursive: true })).toEqual(['p']);
    expect(await contradictions(world)).toEqual([]);
  });

  it('takes a disk that is not mounted for away, not for purged, and goes on when it is back', async () => {
    const [file] = await several(1);
    if (file === undefined) throw new Error('no file');
    renameSync(world.base, `${world.base}.away`);
    mkdirSync(world.base);
    const id = await world.purge();
    expect(await findPurge(world.db, id)).toMatchObject({
      finishedAt: null,
      problem: expect.stringContaining('is empty: is the file system mounted?'),
    });
    rmSync(world.base, { recursive: true });
    await world.expireLeases();
    await world.run();
    expect((await findPurge(world.db, id))?.finishedAt).toBeNull();
    renameSync(`${world.base}.away`, world.base);
    await world.expireLeases();
    await world.run();
    expect([await world.statusOf(file), world.isThere(file)]).toEqual(['DELETED', false]);
    expect(await contradictions(world)).toEqual([]);
  });

  it.each([
    ['does not answer', unreachableFiles()],
    ['cannot be reached with its settings', null],
  ])('waits for a site that %s', async (_, files) => {
    const [file] = await several(1);
    if (file === undefined) throw new Error('no file');
    const id = await world.purge(0, { filesOf: () => files });
    expect(await findPurge(world.db, id)).toMatchObject({ finishedAt: null, problem: expect.any(String) });
    expect(await world.run()).toBe(0);
    await world.expireLeases();
    await world.run();
    expect(world.isThere(file)).toBe(false);
    expect(await contradictions(world)).toEqual([]);
  });

  it('gives a file back that is something else by now, with the reason', async () => {
    const [file] = await several(1);
    if (file === undefined) throw new Error('no file');
    rmSync(world.at(file.path));
    mkdirSync(world.at(file.path));
    await world.purge();
    expect([await world.statusOf(file), await world.reasonsOf([file])]).toEqual([
      'PRESENT',
      ['outside_base'],
    ]);
  });
});
