import { sql, type JsonObject } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { FLUX, ndjson } from '../testing/declared-tables.js';
import { TableWorld } from '../testing/table-world.js';

describe('the quality of runs', () => {
  let world: TableWorld;
  beforeAll(async () => {
    world = await TableWorld.open();
  });
  afterAll(() => world.close());

  const ruled = async (...quality: JsonObject[]) => {
    const { step } = await world.aTool(FLUX);
    await queryRows(
      world.db,
      sql`UPDATE reduction_step SET quality = ${JSON.stringify(quality)}::jsonb WHERE id = ${step.stepId}`,
    );
    return step;
  };
  const judgementOf = async (runId: number) => ({
    verdict: (
      await queryRow<{ verdict: string }>(
        world.db,
        sql`SELECT verdict FROM qa_judgement WHERE run_id = ${runId}`,
      )
    )?.verdict,
    findings: await queryRows<{ measure: string }>(
      world.db,
      sql`SELECT measure, value, verdict, reason FROM qa_finding WHERE run_id = ${runId} ORDER BY place`,
    ),
  });

  it('is judged by rules about metrics, rows and items, and kept with what each found', async () => {
    const step = await ruled(
      { metric: 'snr', min: 5, warn_below: 10 },
      { rows: 'flux', min: 1 },
      { null_fraction: 'flux.seen_at', max: 0.4 },
      { flagged_fraction: 'flux', warn_above: 0.6 },
      { item_fraction: 'failed', max: 0.5 },
      { metric: 'absent', max: 1 },
    );
    const [a = 0, b = 0] = await world.items(2);
    const { runId, row } = await world.ran(step, [a, b], {
      'results/flux.ndjson': ndjson([
        { item: a, flux: 1, flags: ['edge'], seen_at: '2026-05-01T00:00:00Z' },
        { item: b, flux: 2 },
      ]),
      'metrics.json': '{"snr": 7}',
    });

    expect(row).toMatchObject({ status: 'COMPLETED' });
    expect(await judgementOf(runId)).toEqual({
      verdict: 'FAIL',
      findings: [
        { measure: 'snr', value: 7, verdict: 'WARN', reason: '7 is below 10' },
        { measure: 'rows of flux', value: 2, verdict: 'PASS', reason: '' },
        { measure: 'null fraction of flux.seen_at', value: 0.5, verdict: 'FAIL', reason: '0.5 is above 0.4' },
        { measure: 'flagged fraction of flux', value: 0.5, verdict: 'PASS', reason: '' },
        { measure: 'fraction of items failed', value: 0, verdict: 'PASS', reason: '' },
        { measure: 'absent', value: null, verdict: 'NEEDS_REVIEW', reason: 'it was not measured' },
      ],
    });
  });

  it('is compared with earlier runs of the same dims, but for those that failed', async () => {
    const step = await ruled({
      metric: 'zero',
      drift: { last: 5, by: ['filter'], at_least: 3, warn_sigma: 3, fail_sigma: 6 },
    });
    const measured = async (filter: string, zero: number) => {
      const run = await world.workshop.aRun({ step, dims: { filter } });
      await world.workshop.leave(run, { files: { 'metrics.json': JSON.stringify({ zero }) } });
      await world.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
      await world.collect();
      return (await judgementOf(run.runId)).verdict;
    };
    for (const zero of [25, 25.1, 24.9]) expect(await measured('r', zero)).toBe('PASS');
    expect(await measured('g', 30)).toBe('PASS');
    expect([await measured('r', 25.2), await measured('r', 90), await measured('r', 25.5)]).toEqual([
      ...['PASS', 'FAIL', 'WARN'],
    ]);
  });

  it('is not judged without rules, and waits for a person when rules cannot be read any more', async () => {
    const [item = 0] = await world.items(1);
    const files = { 'results/flux.ndjson': ndjson([{ item, flux: 1 }]) };
    expect(
      (await judgementOf((await world.ran(await ruled(), [item], files)).runId)).verdict,
    ).toBeUndefined();
    const broken = await world.ran(await ruled({ metric: 'a', colour: 'red' }), [item], files);
    expect([broken.row?.status, (await judgementOf(broken.runId)).verdict]).toEqual([
      'COMPLETED',
      'NEEDS_REVIEW',
    ]);
  });
});
