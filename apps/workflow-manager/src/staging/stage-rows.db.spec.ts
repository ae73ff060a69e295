import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type ResultTable } from '@meridian/core';
import { queryRow, registerResults, stageRows } from '@meridian/ops-db';
import { aRawFile, aRun, aSoftwareVersion, aStep, runRow, type BuiltStep } from '@meridian/ops-db/testing';
import { aManager, aPendingRun, aWorkshopStep, openWorkshop, type Workshop } from '../testing/workshop.js';

const column = { unit: '', description: '', section: '', nullable: true, bits: [] };
const FLUX: ResultTable = {
  ...{ name: 'flux', description: '', rows_of: 'item', key: ['band'], as_input: true },
  columns: [
    { ...column, name: 'band', type: 'text', nullable: false },
    { ...column, name: 'flux', type: 'float64', unit: 'Jy' },
    { ...column, name: 'seen_at', type: 'timestamp' },
    { ...column, name: 'large', type: 'int64' },
  ],
};
const AT = '2026-05-01T10:00:00.500000Z';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Raw data are registered here and lie nowhere: what is made, is made without them. */
describe('staging rows of a result table', () => {
  let shop: Workshop;
  let measure: BuiltStep;
  let items: number[];
  beforeAll(async () => {
    shop = await openWorkshop();
    measure = await aStep(shop.db, { software: await aSoftwareVersion(shop.db, { tables: [FLUX] }) });
    items = [await aRawFile(shop.db), await aRawFile(shop.db)].sort((left, right) => left - right);
  });
  afterAll(() => shop.close());

  /** A run that measured these, registered; the product that its rows are. */
  const measured = async (
    fluxes: readonly (number | null)[],
  ): Promise<{ id: number; sha256: string; size: number }> => {
    const run = await aRun(shop.db, {
      ...{ step: measure, itemIds: items, status: 'COLLECTING_RESULTS' },
      lease: { owner: 'collector', expiresAt: new Date(Date.now() + 60_000) },
    });
    const table = await queryRow<{ id: number }>(shop.db, sql`SELECT id FROM result_table`);
    const rows = items.map((itemId, index) => ({
      ...{ tableId: table?.id ?? 0, line: items.length - index, itemId },
      cells: ['K', fluxes[index] ?? null, AT, '9007199254740993'],
    }));
    await stageRows(shop.db, { runId: run.runId, attempt: 1, leaseOwner: 'collector', rows });
    const said = {
      reason: '',
      failureClass: '',
      elapsedSeconds: null,
      overheadSeconds: null,
      outcome: 'ok',
    } as const;
    const unknown = { host: null, startedAt: null, endedAt: null, cpuSeconds: null, peakMemoryMb: null };
    const result = {
      ...{ runId: run.runId, attempt: 1, products: [], metrics: [], warnings: [] },
      outcomes: items.map((itemId) => ({ ...said, itemId })),
      stagedRows: rows.length,
      facts: { runId: run.runId, attempt: 1, exitCode: 0, ...unknown },
    };
    await registerResults(shop.db, { actor: 'test', leaseOwner: 'collector', results: [result] });
    const product = await queryRow<{ id: number; sha256: string; size: number }>(
      shop.db,
      sql`SELECT id, content_hash AS sha256, size_bytes::int AS size FROM data_item JOIN data_product ON item_id = id
          WHERE run_id = ${run.runId} AND type = 'TABLE' AND path = 'results/flux.ndjson'`,
    );
    if (product === undefined) throw new Error('the rows are no product');
    return product;
  };
  const textOf = (fluxes: readonly (number | null)[]): string =>
    items
      .map(
        (item, index) =>
          `{"item_id":${item},"band":"K","flux":${fluxes[index]},"seen_at":"${AT}","large":9007199254740993}\n`,
      )
      .join('');
  const staged = async (itemId: number): Promise<{ runId: number; directory: string }> => {
    const { runId } = await aPendingRun(shop, await aWorkshopStep(shop), { itemIds: [itemId] });
    const { submit } = await aManager(shop, { owner: `manager-${runId}` });
    await submit.run(new AbortController().signal);
    const row = await queryRow<{ directory: string }>(
      shop.db,
      sql`SELECT directory FROM attempt WHERE run_id = ${runId}`,
    );
    return { runId, directory: join(shop.base, row?.directory ?? 'none') };
  };

  it('writes them from the ops-db, as the product that they are registered as, and needs no raw file for it', async () => {
    const { id, sha256: registered, size } = await measured([1.5, null]);
    const text = textOf([1.5, null]);
    expect([registered, size]).toEqual([sha256(text), Buffer.byteLength(text)]);

    const { directory } = await staged(id);
    expect(await readFile(join(directory, 'input/flux.ndjson'), 'utf8')).toBe(text);
    const { inputs } = JSON.parse(await readFile(join(directory, 'config/manifest.json'), 'utf8')) as {
      inputs: object[];
    };
    expect(inputs).toEqual([
      expect.objectContaining({
        id,
        name: 'flux.ndjson',
        sha256: registered,
        size_bytes: size,
        product_type: 'TABLE',
        role: 'upstream',
      }),
    ]);
  });

  it('gives a run that was promised older rows exactly those, after newer ones took their place', async () => {
    const older = await measured([2.5, 3]);
    const newer = await measured([0.1, -4]);
    expect(newer.sha256).not.toBe(older.sha256);
    expect(await readFile(join((await staged(older.id)).directory, 'input/flux.ndjson'), 'utf8')).toBe(
      textOf([2.5, 3]),
    );
    expect(await readFile(join((await staged(newer.id)).directory, 'input/flux.ndjson'), 'utf8')).toBe(
      textOf([0.1, -4]),
    );
  });

  it('refuses rows that are not those that were registered, and says what to do', async () => {
    const { id } = await measured([7, 8]);
    const relation = await queryRow<{ relation: string }>(shop.db, sql`SELECT relation FROM result_table`);
    await shop.db.query(`UPDATE results."${relation?.relation ?? ''}" SET flux = 0`);
    const { runId } = await staged(id);
    expect(await runRow(shop.db, runId)).toMatchObject({
      ...{ status: 'FAILED', failure_class: 'STAGING' },
      failure_reason: expect.stringMatching(
        /not there as they were registered; run the step again/,
      ) as string,
    });
  });
});
