import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@meridian/daemon';
import { mountedFiles, type SiteFiles } from '@meridian/hpc';
import { labFacts } from '@meridian/hpc/testing';
import { sql } from '@meridian/core';
import { findImagePin, queryRows } from '@meridian/ops-db';
import { aLocation, openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import { startLabRegistry, type LabRegistry } from '../testing/lab-registry.js';
import { until } from '../testing/lab-attempt.js';
import { ImageKeeper, type ImageState } from './image-keeper.js';

jest.setTimeout(120_000);

interface Place {
  readonly id: number;
  readonly name: string;
  readonly basePath: string;
  readonly runtime: 'apptainer';
  readonly files: SiteFiles;
}

describe('images in a real registry', () => {
  let test: TestDatabase;
  let registry: LabRegistry;
  let space: string;
  let small: string;
  beforeAll(async () => {
    test = await openTestDatabase();
    registry = await startLabRegistry();
    space = mkdtempSync(join(tmpdir(), 'meridian-images-'));
    // Another image than the lab's, and soon fetched.
    mkdirSync(join(space, 'root'));
    writeFileSync(join(space, 'root/hello'), 'hello');
    small = join(space, 'small.sif');
    execFileSync('apptainer', ['--silent', 'build', small, join(space, 'root')], { stdio: 'pipe' });
  });
  afterAll(async () => {
    await registry.stop();
    await test.close();
    rmSync(space, { recursive: true, force: true });
  });
  beforeEach(() => {
    registry.blobs = 'sent';
    registry.asked.length = 0;
  });

  const aPlace = async (basePath = mkdtempSync(join(space, 'base-'))): Promise<Place> => {
    const id = await aLocation(test.dataSource.manager, { basePath, runtime: 'apptainer' });
    return { id, name: 'lab', basePath, runtime: 'apptainer', files: mountedFiles };
  };
  const aKeeper = async (owner: string, patienceMs = 30_000): Promise<ImageKeeper> =>
    new ImageKeeper({
      dataSource: test.dataSource,
      owner,
      leaseSeconds: 60,
      registries: { insecureRegistries: new Set([registry.host]), credentialsFile: '/dev/null' },
      patienceMs,
      logger: await createLogger({ name: owner, level: 'fatal', format: 'json' }),
    });
  let tags = 0;
  const aTag = (sif = small): { image: string; name: string } => {
    tags += 1;
    const name = `group/tool:${tags}`;
    registry.push(sif, name);
    return { image: `oras://${registry.host}/${name}`, name };
  };
  const { signal: never } = new AbortController();
  const look = async (
    place: Place,
    image: string,
    { owner = 'manager-1', signal = never, patienceMs = 30_000 } = {},
  ): Promise<ImageState> => {
    const keeper = await aKeeper(owner, patienceMs);
    const [state] = await keeper.look(place, [{ image, wantedDigest: '' }], signal);
    if (state === undefined) throw new Error('nothing was said');
    return state;
  };
  const pathOf = (state: ImageState): string => (state.kind === 'ready' ? state.path : state.reason);
  const filesAt = (place: Place): string[] => readdirSync(join(place.basePath, '.meridian/images'));
  const blobsAsked = (): number => registry.asked.filter((path) => path.includes('/blobs/')).length;
  const anHourPasses = (): Promise<unknown> =>
    queryRows(
      test.dataSource.manager,
      sql`UPDATE location_image SET retry_at = retry_at - interval '1 hour'`,
    );

  it('are fetched once to a location, under their digest, readable by the jobs', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    const path = pathOf(await look(place, image));
    const digest = await findImagePin(test.dataSource.manager, image);
    expect(path).toBe(join(place.basePath, '.meridian/images', `${digest?.replace(':', '-')}.sif`));
    expect(readFileSync(path)).toEqual(readFileSync(small));
    expect(statSync(path).mode & 0o777).toBe(0o755);
    const asked = registry.asked.length;
    expect(pathOf(await look(place, image, { owner: 'manager-2' }))).toBe(path);
    expect(registry.asked).toHaveLength(asked);
  });

  it('are the same everywhere, even when the tag moved meanwhile', async () => {
    const { image, name } = aTag();
    await look(await aPlace(), image);
    registry.push(labFacts().image, name);
    const path = pathOf(await look(await aPlace(), image));
    expect(readFileSync(path)).toEqual(readFileSync(small));
  });

  it('are fetched by one of two managers that want one at once', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    const states = await Promise.all(['a', 'b'].map((owner) => look(place, image, { owner })));
    expect(states.filter(({ kind }) => kind === 'ready')).toHaveLength(1);
    const blobs = registry.asked.filter((path) => path.includes('/blobs/'));
    expect(new Set(blobs).size).toBe(blobs.length);
    expect(filesAt(place)).toHaveLength(1);
    expect((await look(place, image, { owner: 'b' })).kind).toBe('ready');
  });

  it('are waited for while they are fetched, and taken up by another manager when the first stops', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    registry.blobs = 'silent';
    const stopping = new AbortController();
    const keeper = await aKeeper('a', 200);
    const [first] = await keeper.look(place, [{ image, wantedDigest: '' }], stopping.signal);
    expect(first).toEqual({ kind: 'waiting', reason: `image ${image} is being fetched to location lab` });
    await until(() => blobsAsked() > 0);
    const [again] = await keeper.look(place, [{ image, wantedDigest: '' }], stopping.signal);
    expect(again).toEqual(first);
    expect((await look(place, image, { owner: 'b' })).kind).toBe('waiting');
    stopping.abort();
    registry.blobs = 'sent';
    let state = await look(place, image, { owner: 'b' });
    for (const deadline = Date.now() + 20_000; state.kind === 'waiting' && Date.now() < deadline;)
      state = await look(place, image, { owner: 'b' });
    expect(state.kind).toBe('ready');
    expect(filesAt(place)).toHaveLength(1);
  });

  it('leave nothing behind of a manager that was killed while it fetched', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    const path = pathOf(await look(place, image));
    const leftover = join(
      place.basePath,
      '.meridian/images',
      `.${path.split('/').at(-1)?.slice(0, -4)}.77.partial`,
    );
    writeFileSync(leftover, 'half of it');
    rmSync(path);
    expect(pathOf(await look(place, image))).toBe(path);
    expect(filesAt(place)).toEqual([path.split('/').at(-1)]);
  });

  it('are fetched again when the file was damaged', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    const path = pathOf(await look(place, image));
    writeFileSync(path, 'damaged');
    expect(pathOf(await look(place, image))).toBe(path);
    expect(readFileSync(path)).toEqual(readFileSync(small));
  });

  it('are waited for while the registry is away', async () => {
    const [place, { image }] = [await aPlace(), aTag()];
    await registry.shut();
    expect(await look(place, image)).toEqual({
      kind: 'waiting',
      reason: expect.stringMatching(
        / cannot be looked up: registry \S+ does not answer \(connect ECONNREFUSED/,
      ),
    });
    await registry.open();
    expect((await look(place, image)).kind).toBe('waiting');
    await anHourPasses();
    expect((await look(place, image)).kind).toBe('ready');
  });

  it('that no registry has are told by name', async () => {
    const image = `oras://${registry.host}/group/nothing:1`;
    expect(pathOf(await look(await aPlace(), image))).toBe(
      `image ${image} is not known to registry ${registry.host}: it has no group/nothing:1`,
    );
  });

  it('wait for room on a full disk', async () => {
    const base = mkdtempSync(join(space, 'full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'meridian-test', base]);
    try {
      const { image } = aTag(labFacts().image);
      const place = await aPlace(base);
      expect(pathOf(await look(place, image))).toMatch(
        /cannot be fetched: the disk is full; free some space$/,
      );
      expect(filesAt(place)).toEqual([]);
    } finally {
      execFileSync('umount', [base]);
    }
  });

  it('that are not there for want of a runtime are told so', async () => {
    const { image } = aTag();
    const other = { ...(await aPlace()), runtime: 'no-such-runtime' as 'apptainer' };
    expect(pathOf(await look(other, image))).toMatch(
      /no-such-runtime is not installed where the workflow-manager runs$/,
    );
  });
});
