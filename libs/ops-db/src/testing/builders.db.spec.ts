import { RUN_STATUSES } from '@meridian/core';
import {
  aProduct,
  aRawFile,
  aLocation,
  aRun,
  aStep,
  openTestDatabase,
  runHistory,
  runRow,
  type TestDatabase,
} from './index.js';

describe('builders', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  it.each(RUN_STATUSES)('a run can be made in status %s', async (status) => {
    const db = test.dataSource.manager;
    const run = await aRun(db, { status });
    expect(await runRow(db, run.runId)).toMatchObject({
      status,
      attempt: run.attempt,
      step_id: run.step.stepId,
    });
    expect(await runHistory(db, run.runId)).toEqual([status]);
  });

  it('runs of one step and products of a run fit together', async () => {
    const db = test.dataSource.manager;
    const upstream = await aStep(db);
    const made = await aRun(db, { step: upstream, status: 'COMPLETED' });
    const product = await aProduct(db, made);
    const source = await aLocation(db, { kind: 'SOURCE' });
    const raw = await aRawFile(db, {
      dims: { source: 'm17' },
      copy: { locationId: source, path: 'raw/a.fits' },
    });
    const step = await aStep(db, { pipeline: upstream, dependsOn: [upstream] });
    const run = await aRun(db, { step, itemIds: [product, raw], subGroupDims: { source: 'm17' } });
    expect(await runRow(db, run.runId)).toMatchObject({
      status: 'PENDING',
      dims: { source: 'm17' },
      input_set_id: run.inputSetId,
    });
  });
});
