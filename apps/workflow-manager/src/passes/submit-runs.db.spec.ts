import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type JobToken } from '@meridian/core';
import { unreachableFiles } from '@meridian/hpc/testing';
import { queryRow } from '@meridian/ops-db';
import { aRawFile, runHistory, runRow, type BuiltStep } from '@meridian/ops-db/testing';
import {
  aManager,
  anArchivedFile,
  anHourPasses,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Workshop,
} from '../testing/workshop.js';

describe('SubmitRunsPass', () => {
  let shop: Workshop;
  let step: BuiltStep;
  const { signal } = new AbortController();
  beforeAll(async () => {
    shop = await openWorkshop();
  });
  afterAll(() => shop.close());
  beforeEach(async () => {
    step = await aWorkshopStep(shop);
  });

  const submit = async (owner = 'manager-1'): Promise<number> =>
    (await aManager(shop, { owner })).submit.run(signal);
  const attemptOf = async (
    runId: number,
  ): Promise<{ directory: string; job_id: string; token: JobToken }> => {
    const row = await queryRow<{ directory: string; job_id: string; token: JobToken }>(
      shop.db,
      sql`SELECT * FROM attempt WHERE run_id = ${runId}`,
    );
    if (row === undefined) throw new Error(`run ${runId} has no attempt`);
    return row;
  };

  it('a pending run becomes a job with a directory that holds everything it needs', async () => {
    const itemId = await anArchivedFile(shop, 'm17 b.fits', 'photons');
    const { runId } = await aPendingRun(shop, step, {
      itemIds: [itemId],
      dims: { source: 'M17' },
      config: { threshold: 5 },
    });
    expect(await submit()).toBe(1);
    expect(await runHistory(shop.db, runId)).toEqual(['PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED']);
    const attempt = await attemptOf(runId);
    const directory = join(shop.base, attempt.directory);
    expect(attempt.job_id).toBe(shop.site.jobOf(attempt.token));
    expect(await readdir(directory)).toEqual(['config', 'input', 'job.sh', 'logs', 'output']);
    expect(await readdir(join(directory, 'input'))).toEqual([`m17_b.${itemId}.fits`]);
    expect(await readFile(join(directory, 'input', `m17_b.${itemId}.fits`), 'utf8')).toBe('photons');
    const manifest = JSON.parse(await readFile(join(directory, 'config/manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      run: { id: runId, attempt: 1, dims: { source: 'M17' } },
      config: { threshold: 5 },
      is_final_step: true,
    });
    expect(manifest.inputs).toEqual([
      expect.objectContaining({
        id: itemId,
        name: 'm17 b.fits',
        path: join(directory, 'input', `m17_b.${itemId}.fits`),
        size_bytes: 7,
        role: 'member',
        product_type: null,
      }),
    ]);
    const script = await readFile(join(directory, 'job.sh'), 'utf8');
    expect(script).toContain(
      `'/bin/sh' '${shop.program}/reduce.sh' '${directory}/input' '${directory}/output'`,
    );
    expect(script).toContain(`export REDUCE_MODE='fast'`);
    expect((await lstat(join(directory, 'job.sh'))).mode & 0o111).toBe(0o111);
  });

  it('two managers submit every run exactly once', async () => {
    const runs = [];
    for (let n = 0; n < 20; n += 1) runs.push(await aPendingRun(shop, step));
    const managers = await Promise.all(['a', 'b'].map((owner) => aManager(shop, { owner, batchSize: 6 })));
    for (let round = 0; round < 3; round += 1) await Promise.all(managers.map((manager) => manager.tick()));
    for (const { runId } of runs)
      expect(await runHistory(shop.db, runId)).toEqual([
        'PENDING',
        'STAGING_DATA',
        'SUBMITTING',
        'SUBMITTED',
      ]);
  });

  it('values that mean something to a shell stay values, and everything stays inside the base', async () => {
    const hostile = {
      source: `'; touch ${shop.base}/pwned; '`,
      line: '../../../etc\n$(id) `id`',
      'dim \u202e ü': '-rf',
    };
    const itemIds = [
      await anArchivedFile(shop, '-rf.fits'),
      await anArchivedFile(shop, '$(touch pwned).fits'),
      await anArchivedFile(shop, '../escape\n.fits'),
    ];
    const { runId } = await aPendingRun(shop, step, { itemIds, subGroupDims: hostile });
    expect(await submit()).toBe(1);
    const { directory } = await attemptOf(runId);
    expect(directory).toMatch(/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+\/[a-z0-9]+-\d+\.1$/);
    for (const name of await readdir(join(shop.base, directory, 'input')))
      expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
    expect(await readFile(join(shop.base, directory, 'job.sh'), 'utf8')).not.toContain('pwned');
    const manifest = JSON.parse(await readFile(join(shop.base, directory, 'config/manifest.json'), 'utf8'));
    expect(manifest.run.dims).toEqual(hostile);
  });

  it.each([
    ['vanished', (path: string) => rm(path), /is missing; restore the file/],
    [
      'changed its size',
      (path: string) => writeFile(path, 'more bytes than before, quite a few'),
      /has changed: it has 35 bytes, registered are \d+/,
    ],
  ])('a run whose source file %s fails and says which file at which location', async (_, spoil, reason) => {
    const itemId = await anArchivedFile(shop, 'm17_c.fits');
    const copy = await queryRow<{ path: string }>(
      shop.db,
      sql`SELECT path FROM physical_copy WHERE item_id = ${itemId}`,
    );
    const path = join(shop.archive, copy?.path ?? '');
    await spoil(path);
    const spoilt = await aPendingRun(shop, step, { itemIds: [itemId] });
    const good = await aPendingRun(shop, step);
    expect(await submit()).toBe(2);
    const row = await runRow(shop.db, spoilt.runId);
    expect(row).toMatchObject({ status: 'FAILED', failure_class: 'STAGING', lease_owner: null });
    expect(row['failure_reason']).toContain(
      `input m17_c.fits (item ${itemId}) cannot be staged: ${path} at location archive`,
    );
    expect(row['failure_reason']).toMatch(reason);
    expect(await runRow(shop.db, good.runId)).toMatchObject({ status: 'SUBMITTED' });
  });

  it('an input without any copy fails its run', async () => {
    const { runId } = await aPendingRun(shop, step, {
      itemIds: [await aRawFile(shop.db, { name: 'lost.fits' })],
    });
    await submit();
    expect((await runRow(shop.db, runId))['failure_reason']).toMatch(
      /^input lost.fits \(item \d+\) has no copy left; register a copy/,
    );
  });

  it('a location that copies holds the bytes itself, checked against their checksum', async () => {
    const copying = await aWorkshopStep(shop, { staging: 'copy' });
    const { runId } = await aPendingRun(shop, copying, {
      itemIds: [await anArchivedFile(shop, 'a.fits', 'photons')],
    });
    const rotten = await anArchivedFile(shop, 'b.fits', 'photons');
    const copy = await queryRow<{ path: string }>(
      shop.db,
      sql`SELECT path FROM physical_copy WHERE item_id = ${rotten}`,
    );
    await writeFile(join(shop.archive, copy?.path ?? ''), 'phot0ns');
    const spoilt = await aPendingRun(shop, copying, { itemIds: [rotten] });
    expect(await submit()).toBe(2);
    const input = join(shop.base, (await attemptOf(runId)).directory, 'input/a.fits');
    expect((await lstat(input)).isFile()).toBe(true);
    expect(await readFile(input, 'utf8')).toBe('photons');
    expect((await runRow(shop.db, spoilt.runId))['failure_reason']).toMatch(
      /has changed: its sha256 is [0-9a-f]{64}, registered is [0-9a-f]{64}/,
    );
  });

  it('a program that is not there fails the run before anything is submitted', async () => {
    const requests = shop.site.requests.submit;
    const { runId } = await aPendingRun(
      shop,
      await aWorkshopStep(shop, { hostDirectory: '/nowhere/reducer' }),
    );
    expect(await submit()).toBe(1);
    const row = await runRow(shop.db, runId);
    expect(row).toMatchObject({ status: 'FAILED', failure_class: 'SOFTWARE', attempt: 0 });
    expect(row['failure_reason']).toMatch(
      /^software .* 1\.0\.0: \/nowhere\/reducer does not exist; restore the program/,
    );
    expect(shop.site.requests.submit).toBe(requests);
  });

  it('a base that is not mounted makes runs wait, not fail, and leaves other locations alone', async () => {
    const base = join(shop.base, '..', 'not-mounted');
    const waiting = await aPendingRun(shop, await aWorkshopStep(shop, { base }));
    const good = await aPendingRun(shop, step);
    expect(await submit()).toBe(1);
    const row = await runRow(shop.db, waiting.runId);
    expect(row).toMatchObject({ status: 'PENDING', failure_count: 0, lease_owner: null });
    expect(row['waiting_reason']).toMatch(/its base path .*not-mounted is not there; mount or create it$/);
    expect(await runRow(shop.db, good.runId)).toMatchObject({ status: 'SUBMITTED' });
    await mkdir(base);
    await anHourPasses(shop);
    expect(await submit()).toBe(1);
    expect(await runRow(shop.db, waiting.runId)).toMatchObject({ status: 'SUBMITTED', waiting_reason: null });
  });

  it('a base that cannot be written to makes runs wait, and gets no more of them for a while', async () => {
    // Not even root may make a directory here.
    const unwritable = await aWorkshopStep(shop, { base: '/sys/kernel' });
    const { runId } = await aPendingRun(shop, unwritable);
    const manager = await aManager(shop, { owner: 'manager-1' });
    expect(await manager.submit.run(signal)).toBe(0);
    const row = await runRow(shop.db, runId);
    expect(row).toMatchObject({ status: 'PENDING', failure_count: 0 });
    expect(row['waiting_reason']).toMatch(
      /^location location-\d+ cannot be written \(\/sys\/kernel\/.*\): (the operation is not permitted|permission is denied)/,
    );
    const second = await aPendingRun(shop, unwritable);
    expect(await manager.submit.run(signal)).toBe(0);
    expect(await runHistory(shop.db, second.runId)).toEqual(['PENDING']);
  });

  it('a site whose files are not reached makes runs wait, and they start when they are', async () => {
    const { runId } = await aPendingRun(shop, step);
    const away = await aManager(shop, { owner: 'manager-1', files: unreachableFiles() });
    expect(await away.submit.run(signal)).toBe(0);
    const row = await runRow(shop.db, runId);
    expect(row).toMatchObject({ status: 'PENDING', failure_count: 0, lease_owner: null });
    expect(row['waiting_reason']).toMatch(/^location location-\d+ does not answer: /);
    await anHourPasses(shop);
    expect(await submit()).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTED', waiting_reason: null });
  });

  it('a rejected job fails with the reason of the site, and is tried again as its policy says', async () => {
    const { runId } = await aPendingRun(shop, step);
    shop.site.failNextSubmits('reject');
    expect(await submit()).toBe(1);
    expect(await runHistory(shop.db, runId)).toEqual([
      'PENDING',
      'STAGING_DATA',
      'SUBMITTING',
      'FAILED',
      'PENDING',
    ]);
    await anHourPasses(shop);
    expect(await submit()).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTED', attempt: 2, failure_count: 1 });
  });

  it('a run whose cancellation is asked for while it is staged is not submitted', async () => {
    const { runId } = await aPendingRun(shop, step);
    const manager = await aManager(shop, { owner: 'manager-1' });
    await queryRow(
      shop.db,
      sql`UPDATE run SET status = 'STAGING_DATA', lease_owner = 'manager-1', lease_expires_at = now() + interval '1 hour', cancel_requested_at = now(), cancel_requested_by = 'token:alice' WHERE id = ${runId}`,
    );
    expect(await manager.cancel.run(new AbortController().signal)).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'CANCELLED', attempt: 0 });
  });

  it('stopping gives claimed runs back at once', async () => {
    const { runId } = await aPendingRun(shop, step);
    const stopping = AbortSignal.abort();
    expect(await (await aManager(shop, { owner: 'manager-1' })).submit.run(stopping)).toBe(0);
    expect(await runHistory(shop.db, runId)).toEqual(['PENDING', 'STAGING_DATA', 'PENDING']);
    expect(await submit()).toBe(1);
  });

  it('staging again finds what is there and links it again only where it must', async () => {
    const itemId = await anArchivedFile(shop, 'm17_a.fits');
    const { runId } = await aPendingRun(shop, step, { itemIds: [itemId] });
    shop.site.failNextSubmits('unknown_before');
    await submit();
    const { directory } = await attemptOf(runId);
    const before = await readlink(join(shop.base, directory, 'input/m17_a.fits'));
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTING', lease_owner: 'manager-1' });
    await anHourPasses(shop);
    expect(await (await aManager(shop, { owner: 'manager-2' })).reconcile.run(signal)).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTED', attempt: 1 });
    expect(await readlink(join(shop.base, directory, 'input/m17_a.fits'))).toBe(before);
  });
});
