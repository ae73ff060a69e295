import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from '@meridian/core';
import { mountedFiles, type SiteFiles } from '@meridian/hpc';
import {
  findAudit,
  listFindings,
  loadInputs,
  queryRow,
  queryRows,
  requestAudit,
  requestRemakes,
} from '@meridian/ops-db';
import { aLocation, anInputSet, aProduct, aRawFile, aCopy } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { AuditLocationsPass, type AuditLocationsOptions } from './audit-locations.pass.js';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('the audit of a location', () => {
  let shop: Workshop;
  let locationId: number;
  beforeEach(async () => {
    shop = await Workshop.open();
    locationId = shop.pipeline.locationId;
    // A base that holds nothing looks like one that is not mounted.
    await mkdir(path.join(shop.basePath, '.meridian'));
  });
  afterEach(() => shop.close());

  const onDisk = async (relative: string, content: string): Promise<void> => {
    const file = path.join(shop.basePath, relative);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  const aStoredFile = async (relative: string, content = `content of ${relative}`): Promise<number> => {
    await onDisk(relative, content);
    return aRawFile(shop.db, {
      name: path.basename(relative),
      contentHash: sha256(content),
      sizeBytes: Buffer.byteLength(content),
      copy: { locationId, path: relative },
    });
  };
  const pass = (options: Partial<AuditLocationsOptions> = {}): AuditLocationsPass =>
    new AuditLocationsPass({
      dataSource: shop.database.dataSource,
      actor: 'auditor-1',
      logger: shop.logger,
      filesOf: () => mountedFiles,
      leaseSeconds: 60,
      batchSize: 3,
      budgetMs: 60_000,
      retrySeconds: 60,
      everyDays: 0,
      now: () => new Date(),
      ...options,
    });
  const { signal } = new AbortController();
  const ask = async (options: { checksums?: boolean; since?: Date } = {}): Promise<number> => {
    const { checksums = true, since = null } = options;
    const asked = await requestAudit(shop.db, { locationId, checksums, since, actor: 'token:test' });
    if (asked === undefined) throw new Error('an audit is under way');
    return asked.id;
  };
  const audited = async (options: { checksums?: boolean; since?: Date } = {}) => {
    const id = await ask(options);
    await pass().run(signal);
    return show(id);
  };
  const show = async (id: number) => {
    const audit = await findAudit(shop.db, id);
    const findings = await listFindings(shop.db, { auditId: id, severity: null, after: null, limit: 1000 });
    return {
      audit,
      findings: findings.map(({ path: at, kind, severity }) => `${at} ${kind} ${severity}`).sort(),
    };
  };
  const statusOf = async (itemId: number): Promise<unknown> => {
    const status = sql`SELECT status FROM physical_copy WHERE item_id = ${itemId} AND data_location_id = ${locationId}`;
    return (await queryRow<{ status: string }>(shop.db, status))?.status;
  };

  it('finds nothing where everything is as it was registered, and dates what it compared', async () => {
    const item = await aStoredFile('raw/a.fits');
    const { audit, findings } = await audited();
    expect([audit?.state, audit?.copies, audit?.bytes, findings]).toEqual(['done', 1, 21, []]);
    const copy = await queryRow<{ verified: boolean }>(
      shop.db,
      sql`SELECT verified_at IS NOT NULL AS verified FROM physical_copy WHERE item_id = ${item}`,
    );
    expect(copy).toEqual({ verified: true });
  });

  it('says of each copy whether it is missing, cut off or has other bytes, and how bad that is', async () => {
    const [gone, cut, other] = [
      await aStoredFile('raw/gone.fits'),
      await aStoredFile('raw/cut.fits'),
      await aStoredFile('raw/other.fits', 'aaaa'),
    ];
    await aStoredFile('raw/well.fits');
    const elsewhere = await aLocation(shop.db, { kind: 'LONG_TERM_ARCHIVE' });
    await aCopy(shop.db, cut, { locationId: elsewhere, path: 'raw/cut.fits' });
    await rm(path.join(shop.basePath, 'raw/gone.fits'));
    await truncate(path.join(shop.basePath, 'raw/cut.fits'), 3);
    await writeFile(path.join(shop.basePath, 'raw/other.fits'), 'bbbb');
    const { audit, findings } = await audited();
    expect(findings).toEqual([
      'raw/cut.fits size copy',
      'raw/gone.fits missing lost',
      'raw/other.fits checksum lost',
    ]);
    expect([audit?.missing, audit?.damaged, audit?.lost, audit?.copies]).toEqual([1, 2, 2, 4]);
    expect(await Promise.all([gone, cut, other].map(statusOf))).toEqual(['MISSING', 'CORRUPT', 'CORRUPT']);
  });

  it('knows that a product can be made again', async () => {
    const run = await shop.aRun({ status: 'COMPLETED' });
    await aProduct(shop.db, run, { path: 'science/a.fits' });
    expect((await audited()).findings).toEqual([`${run.directory}/output/science/a.fits missing remake`]);
  });

  it('calls a copy of the right size well without checksums, but not one that was damaged', async () => {
    const item = await aStoredFile('raw/a.fits', 'aaaa');
    await writeFile(path.join(shop.basePath, 'raw/a.fits'), 'bbbb');
    expect((await audited({ checksums: false })).findings).toEqual([]);
    await audited();
    expect((await audited({ checksums: false })).findings).toEqual(['raw/a.fits checksum lost']);
    expect(await statusOf(item)).toBe('CORRUPT');
  });

  it('says that a copy is well again when its bytes are the registered ones', async () => {
    const item = await aStoredFile('raw/a.fits', 'aaaa');
    await rename(path.join(shop.basePath, 'raw/a.fits'), path.join(shop.basePath, 'raw/aside'));
    await audited();
    expect(await statusOf(item)).toBe('MISSING');
    await rename(path.join(shop.basePath, 'raw/aside'), path.join(shop.basePath, 'raw/a.fits'));
    const { audit, findings } = await audited({ checksums: false });
    expect([findings, audit?.recovered, await statusOf(item)]).toEqual([
      ['raw/a.fits recovered note'],
      1,
      'PRESENT',
    ]);
  });

  it('lets runs go on that waited for a product of which a copy is well again', async () => {
    const maker = await shop.aRun({ status: 'COMPLETED' });
    const product = await aProduct(shop.db, maker, {
      ...{ path: 'a.fits', contentHash: sha256('made'), sizeBytes: 4 },
    });
    await audited();
    const waiting = await shop.aRun({
      ...{ status: 'PENDING', itemIds: [product], notBefore: new Date(Date.now() + 3_600_000) },
    });
    const request = { itemIds: [product], waiterRunId: waiting.runId, insist: false, actor: 'manager-1' };
    expect(await requestRemakes(shop.db, request)).toBe(1);
    await onDisk(`${maker.directory}/output/a.fits`, 'made');
    expect((await audited()).audit?.recovered).toBe(1);
    const run = await queryRow(
      shop.db,
      sql`SELECT not_before <= now() AS due FROM run WHERE id = ${waiting.runId}`,
    );
    expect(run).toEqual({ due: true });
  });

  it('keeps what it found bad from being staged as an input', async () => {
    const item = await aStoredFile('raw/a.fits', 'aaaa');
    const other = await aLocation(shop.db, { kind: 'BUFFER', basePath: '/elsewhere' });
    await aCopy(shop.db, item, { locationId: other, path: 'a.fits' });
    const copiesOf = async () => {
      const [input] = await loadInputs(shop.db, locationId, [await anInputSet(shop.db, [item])]);
      return input?.copies.map(({ basePath }) => basePath);
    };
    expect(await copiesOf()).toEqual([shop.basePath, '/elsewhere']);
    await writeFile(path.join(shop.basePath, 'raw/a.fits'), 'bbbb');
    await audited();
    expect(await copiesOf()).toEqual(['/elsewhere']);
  });

  it('counts files that no record knows, names the first, and leaves what attempts keep alone', async () => {
    const run = await shop.aRun({ status: 'COMPLETED' });
    const directory = `p/g/s/abcd1234-${run.runId}.1`;
    await queryRows(
      shop.db,
      sql`UPDATE attempt SET directory = ${directory} WHERE run_id = ${run.runId} RETURNING 1`,
    );
    await onDisk(`${directory}/job.sh`, 'own');
    await onDisk(`${directory}/output/core.1`, 'crash');
    await onDisk('p/g/workspace/abcd1234/scratch', 'x');
    await onDisk('raw/stray.fits', 'four');
    const deleted = await aStoredFile('raw/deleted.fits', 'still there');
    await queryRows(
      shop.db,
      sql`UPDATE physical_copy SET status = 'DELETED' WHERE item_id = ${deleted} RETURNING 1`,
    );
    await symlink('/etc', path.join(shop.basePath, 'out'));
    const { audit, findings } = await audited();
    expect(findings).toEqual(['raw/deleted.fits unknown note', 'raw/stray.fits unknown note']);
    expect([audit?.unknownFiles, audit?.unknownBytes, audit?.attemptFiles, audit?.links]).toEqual([
      2, 15, 2, 1,
    ]);
  });

  it('names a hundred unknown files at most, and counts all', async () => {
    for (let n = 0; n < 105; n += 1) await onDisk(`stray/${n}`, 'x');
    const { audit, findings } = await audited();
    expect([audit?.unknownFiles, audit?.unknownBytes, findings.length]).toEqual([105, 105, 100]);
  });

  it('calls nothing missing when the file system is not mounted', async () => {
    const item = await aStoredFile('raw/a.fits');
    await rename(path.join(shop.basePath, 'raw'), `${shop.basePath}-raw`);
    await rm(path.join(shop.basePath, '.meridian'), { recursive: true });
    const { audit } = await audited();
    await rm(`${shop.basePath}-raw`, { recursive: true });
    expect([audit?.state, audit?.problem]).toEqual([
      'failed',
      expect.stringContaining('is empty: is its file system mounted?'),
    ]);
    expect(await statusOf(item)).toBe('PRESENT');
  });

  it('waits for a disk that does not answer, and changes nothing meanwhile', async () => {
    const item = await aStoredFile('raw/a.fits');
    const id = await ask();
    const silent: SiteFiles = Object.assign(Object.create(mountedFiles) as SiteFiles, {
      stat: () => Promise.reject(Object.assign(new Error('stale file handle'), { code: 'ESTALE' })),
    });
    await pass({ filesOf: () => silent }).run(signal);
    const { audit } = await show(id);
    expect([audit?.state, audit?.problem, audit?.copies]).toEqual(['copies', 'stale file handle', 0]);
    expect(await statusOf(item)).toBe('PRESENT');
    expect(await pass().run(signal)).toBe(0);
    await queryRows(shop.db, sql`UPDATE location_audit SET not_before = now() RETURNING id`);
    await pass().run(signal);
    expect((await show(id)).audit?.state).toBe('done');
  });

  it('goes on, piece by piece and with another auditor, where it was, and counts nothing twice', async () => {
    for (let n = 0; n < 10; n += 1) await aStoredFile(`raw/${n}.fits`);
    await onDisk('stray/a', 'x');
    const id = await ask();
    for (let ticks = 0; ticks < 50 && (await show(id)).audit?.finishedAt === null; ticks += 1) {
      await pass({ actor: `auditor-${ticks}`, budgetMs: 0, batchSize: 2 }).run(signal);
    }
    const { audit } = await show(id);
    expect([audit?.state, audit?.copies, audit?.unknownFiles]).toEqual(['done', 10, 1]);
  });

  it('is taken over when its auditor died, and one that only slept notes nothing any more', async () => {
    await aStoredFile('raw/a.fits');
    const id = await ask();
    let isTakenOver = false;
    const slow: SiteFiles = Object.assign(Object.create(mountedFiles) as SiteFiles, {
      stat: async (file: string) => {
        if (!isTakenOver) {
          isTakenOver = true;
          await queryRows(
            shop.db,
            sql`UPDATE location_audit SET lease_expires_at = now() - interval '1 second' RETURNING id`,
          );
          await pass({ actor: 'auditor-2' }).run(signal);
        }
        return mountedFiles.stat(file);
      },
    });
    await pass({ filesOf: () => slow }).run(signal);
    const { audit } = await show(id);
    expect([audit?.state, audit?.copies]).toEqual(['done', 1]);
  });

  it('is one at a time of each location, and comes by itself after so many days', async () => {
    await aStoredFile('raw/a.fits');
    await ask();
    await expect(ask()).rejects.toThrow('under way');
    await pass().run(signal);
    await queryRows(
      shop.db,
      sql`UPDATE data_location SET created_at = now() - interval '9 days' RETURNING id`,
    );
    expect(await pass({ everyDays: 7 }).run(signal)).toBe(0);
    await queryRows(
      shop.db,
      sql`UPDATE location_audit SET created_at = now() - interval '8 days' RETURNING id`,
    );
    expect(await pass({ everyDays: 7 }).run(signal)).toBe(1);
  });

  it('looks only at copies that came since a time when asked to', async () => {
    await aStoredFile('raw/old.fits');
    await queryRows(
      shop.db,
      sql`UPDATE physical_copy SET created_at = now() - interval '9 days' RETURNING id`,
    );
    await aStoredFile('raw/new.fits');
    const { audit } = await audited({ since: new Date(Date.now() - 86_400_000) });
    expect(audit?.copies).toBe(1);
  });
});
