import { createHash } from 'node:crypto';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@meridian/daemon';
import { mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { sql } from '@meridian/core';
import { claimImage, listImageProblems, listWantedImages, pinImage, queryRows } from '@meridian/ops-db';
import { aLocation, aPipeline, aSoftwareVersion, aStep, runHistory, runRow } from '@meridian/ops-db/testing';
import { aManager, aPendingRun, openWorkshop, type Workshop } from '../testing/workshop.js';
import { ImageKeeper, type ImageState } from './image-keeper.js';

/** As much of a SIF file as anything here looks at. */
function sifBytes(content: string): Buffer {
  const header = Buffer.alloc(128);
  header.write('SIF_MAGIC', 32);
  header.writeBigInt64LE(128n, 112);
  header.writeBigInt64LE(BigInt(Buffer.byteLength(content)), 120);
  return Buffer.concat([header, Buffer.from(content)]);
}
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('the images of a location', () => {
  let shop: Workshop;
  const { signal } = new AbortController();
  beforeAll(async () => {
    shop = await openWorkshop();
  });
  afterAll(() => shop.close());

  const keeperOf = async (owner: string): Promise<ImageKeeper> =>
    new ImageKeeper({
      dataSource: shop.test.dataSource,
      owner,
      leaseSeconds: 60,
      registries: { insecureRegistries: new Set(), credentialsFile: '/dev/null' },
      patienceMs: 20_000,
      logger: await createLogger({ name: owner, level: 'fatal', format: 'json' }),
    });
  let images = 0;
  const anImage = async (content = 'bytes'): Promise<{ path: string; digest: string }> => {
    images += 1;
    const path = join(shop.base, `image-${images}.sif`);
    const bytes = sifBytes(content);
    await writeFile(path, bytes);
    return { path, digest: digestOf(bytes) };
  };
  const aPlace = async () => ({
    id: await aLocation(shop.db, { basePath: shop.base, runtime: 'apptainer' }),
    name: 'lab',
    basePath: shop.base,
    runtime: 'apptainer' as const,
    files: mountedFiles,
  });
  const look = async (
    place: Awaited<ReturnType<typeof aPlace>>,
    image: { path: string; digest: string },
    owner = 'manager-1',
  ): Promise<ImageState | undefined> => {
    const keeper = await keeperOf(owner);
    return (await keeper.look(place, [{ image: image.path, wantedDigest: image.digest }], signal))[0];
  };
  const anHourPasses = (): Promise<unknown> =>
    queryRows(shop.db, sql`UPDATE location_image SET retry_at = retry_at - interval '1 hour'`);
  const checkedAt = async (locationId: number): Promise<unknown> =>
    queryRows(shop.db, sql`SELECT file_state, sha256 FROM location_image WHERE location_id = ${locationId}`);

  it('a file that is what was registered is ready', async () => {
    const [place, image] = [await aPlace(), await anImage()];
    expect(await look(place, image)).toEqual({ kind: 'ready', path: image.path });
    expect(await look(place, image, 'manager-2')).toEqual({ kind: 'ready', path: image.path });
  });

  it('a file that was only touched is read again, and is ready', async () => {
    const [place, image] = [await aPlace(), await anImage()];
    await look(place, image);
    const before = await checkedAt(place.id);
    await utimes(image.path, new Date(0), new Date(0));
    expect(await look(place, image)).toEqual({ kind: 'ready', path: image.path });
    expect(await checkedAt(place.id)).not.toEqual(before);
  });

  it('a file that changed is not used, and is again once it is restored', async () => {
    const [place, image] = [await aPlace(), await anImage('the one')];
    await look(place, image);
    await writeFile(image.path, sifBytes('another'));
    expect(await look(place, image)).toEqual({
      kind: 'waiting',
      reason: expect.stringMatching(
        /is not what was registered: its digest is sha256:\w+, registered is sha256:/,
      ),
    });
    await writeFile(image.path, sifBytes('the one'));
    expect(await look(place, image)).toMatchObject({ kind: 'waiting' });
    await anHourPasses();
    expect(await look(place, image)).toEqual({ kind: 'ready', path: image.path });
  });

  it.each<[string, (path: string) => Promise<void>, string]>([
    ['missing', (path) => rm(path), 'is missing'],
    ['no SIF file', (path) => writeFile(path, 'text'), 'is damaged: it is not a SIF file'],
    [
      'cut short',
      (path) => writeFile(path, sifBytes('12345').subarray(0, 130)),
      'is damaged: it has 130 bytes of 133',
    ],
  ])('a file that is %s is told in one sentence', async (_, spoil, problem) => {
    const [place, image] = [await aPlace(), await anImage('12345')];
    await spoil(image.path);
    expect(await look(place, image)).toEqual({ kind: 'waiting', reason: `image ${image.path} ${problem}` });
  });

  it('one manager reads a file, the others wait for it', async () => {
    const [place, image] = [await aPlace(), await anImage()];
    const key = { locationId: place.id, image: image.path, wantedDigest: image.digest };
    expect(await claimImage(shop.db, { ...key, owner: 'manager-1', leaseSeconds: 60 })).toBe(true);
    expect(await look(place, image, 'manager-2')).toEqual({
      kind: 'waiting',
      reason: `image ${image.path} is being fetched to location lab by another workflow-manager`,
    });
    await anHourPasses();
    expect(await look(place, image, 'manager-2')).toEqual({ kind: 'ready', path: image.path });
  });

  it('of managers that claim at once one gets it', async () => {
    const place = await aPlace();
    const claims = Array.from({ length: 8 }, (_, n) =>
      claimImage(shop.db, {
        locationId: place.id,
        image: '/i',
        wantedDigest: '',
        owner: `m${n}`,
        leaseSeconds: 60,
      }),
    );
    expect((await Promise.all(claims)).filter((won) => won)).toHaveLength(1);
  });

  it('a tag keeps the first meaning that anybody found', async () => {
    const digests = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`);
    const pinned = await Promise.all(
      digests.map((digest) => pinImage(shop.db, { reference: 'docker://x:1', digest })),
    );
    expect(new Set(pinned).size).toBe(1);
    expect(await pinImage(shop.db, { reference: 'docker://x:1', digest: `sha256:${'d'.repeat(64)}` })).toBe(
      pinned[0],
    );
  });

  it('runs wait for their image without being claimed over and over, say why, and go on when it is there', async () => {
    const image = await anImage();
    const bytes = sifBytes('bytes');
    await rm(image.path);
    const locationId = await aLocation(shop.db, { basePath: shop.base, runtime: 'apptainer' });
    const software = await aSoftwareVersion(shop.db, {
      imageRef: image.path,
      imageDigest: image.digest,
      hostDirectory: null,
    });
    const step = await aStep(shop.db, { pipeline: await aPipeline(shop.db, { locationId }), software });
    const { runId } = await aPendingRun(shop, step);
    const { submit } = await aManager(shop, { owner: 'manager-1' });
    await submit.run(signal);
    await submit.run(signal);
    const problem = `image ${image.path} is missing`;
    expect(await runHistory(shop.db, runId)).toEqual(['PENDING', 'STAGING_DATA', 'PENDING']);
    expect(await runRow(shop.db, runId)).toMatchObject({ waiting_reason: problem });
    expect((await listImageProblems(shop.db)).filter((one) => one.image === image.path)).toMatchObject([
      { problem },
    ]);
    expect(await listWantedImages(shop.db, [locationId], 300)).toEqual([]);

    await writeFile(image.path, bytes);
    await anHourPasses();
    await submit.run(signal);
    expect(await runHistory(shop.db, runId)).toEqual([
      'PENDING',
      'STAGING_DATA',
      'PENDING',
      'STAGING_DATA',
      'SUBMITTING',
      'SUBMITTED',
    ]);
    expect(await listImageProblems(shop.db)).toEqual([]);
  });

  it('what living steps need is looked for before a run asks for it', async () => {
    const image = await anImage();
    const locationId = await aLocation(shop.db, { basePath: shop.base, runtime: 'apptainer' });
    const software = await aSoftwareVersion(shop.db, {
      imageRef: image.path,
      imageDigest: image.digest,
      hostDirectory: null,
    });
    await aStep(shop.db, { pipeline: await aPipeline(shop.db, { locationId }), software });
    const wanted = [{ locationId, image: image.path, wantedDigest: image.digest }];
    expect(await listWantedImages(shop.db, [locationId], 300)).toEqual(wanted);
    const manager = await aManager(shop, { owner: 'manager-1' });
    await manager.tick();
    expect(await listWantedImages(shop.db, [locationId], 300)).toEqual([]);
    expect(await listWantedImages(shop.db, [locationId], 0)).toEqual(wanted);
  });

  it('are not fetched to a location that shares no file system, which says what to do instead', async () => {
    const place = { ...(await aPlace()), files: unreachableFiles() };
    const keeper = await keeperOf('manager-1');
    const image = 'docker://registry.example.org/group/tool:1';
    expect(await keeper.look(place, [{ image, wantedDigest: '' }], signal)).toEqual([
      {
        kind: 'waiting',
        reason:
          `image ${image} is not fetched to location lab, whose files are reached over SFTP: ` +
          `pull it there once ("apptainer pull ${image}") and register the path of the SIF file as image`,
      },
    ]);
  });
});
