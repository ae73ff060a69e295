import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRow } from '@meridian/ops-db';
import { bindInput, type BuiltStep } from '@meridian/ops-db/testing';
import {
  aManager,
  anArchivedFile,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Workshop,
} from '../testing/workshop.js';

describe('staging what associations bound', () => {
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

  async function directoryOf(runId: number): Promise<string> {
    const row = await queryRow<{ directory: string }>(
      shop.db,
      sql`SELECT directory FROM attempt WHERE run_id = ${runId}`,
    );
    if (row === undefined) throw new Error(`run ${runId} has no attempt`);
    return join(shop.base, row.directory);
  }

  it('what an association bound lies in a folder of its name, and the manifest says how it was chosen', async () => {
    const member = await anArchivedFile(shop, 'dark', 'photons');
    const [before, after] = [
      await anArchivedFile(shop, 'd.fits', 'first'),
      await anArchivedFile(shop, 'd.fits', 'second'),
    ];
    const run = await aPendingRun(shop, step, { itemIds: [member] });
    const between = { name: 'dark', method: 'interpolated' } as const;
    await bindInput(shop.db, run, before, { ...between, role: 'before', offsetSeconds: -60, weight: 0.75 });
    await bindInput(shop.db, run, after, { ...between, role: 'after', offsetSeconds: 180, weight: 0.25 });
    await bindInput(shop.db, run, member, { name: 'reference' });
    expect(await (await aManager(shop, { owner: 'manager-1' })).submit.run(signal)).toBe(1);
    const directory = await directoryOf(run.runId);
    expect(await readdir(join(directory, 'input'))).toEqual(['dark', `dark.${member}`, 'reference']);
    expect(await readFile(join(directory, `input/dark/d.${before}.fits`), 'utf8')).toBe('first');
    expect(await readFile(join(directory, `input/dark/d.${after}.fits`), 'utf8')).toBe('second');
    expect(await readFile(join(directory, 'input/reference/dark'), 'utf8')).toBe('photons');
    const { inputs } = JSON.parse(await readFile(join(directory, 'config/manifest.json'), 'utf8'));
    const fields = ({ path, role, binding, association }: Record<string, unknown>) => [
      path,
      role,
      binding,
      association,
    ];
    expect(inputs.map(fields)).toEqual([
      [join(directory, `input/dark.${member}`), 'member', undefined, undefined],
      [
        join(directory, 'input/reference/dark'),
        'association',
        'reference',
        { role: 'only', method: 'nearest', offset_seconds: -60, weight: 1 },
      ],
      [
        join(directory, `input/dark/d.${before}.fits`),
        'association',
        'dark',
        { role: 'before', method: 'interpolated', offset_seconds: -60, weight: 0.75 },
      ],
      [
        join(directory, `input/dark/d.${after}.fits`),
        'association',
        'dark',
        { role: 'after', method: 'interpolated', offset_seconds: 180, weight: 0.25 },
      ],
    ]);
  });
});
