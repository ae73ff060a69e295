import { sql, type RunStatus } from '@meridian/core';
import { queryRows } from '../../sql.js';
import {
  aProduct,
  aRun,
  aStep,
  EVERY_PRODUCT,
  openTestDatabase,
  type BuiltRun,
  type BuiltStep,
  type TestDatabase,
} from '../../testing/index.js';
import { failRuns } from '../fail-runs.sql.js';
import { requestRetry } from '../request-retry.sql.js';
import { listFailedProducts } from './list-failed-products.sql.js';
import { listFailures, type FailuresQuery } from './list-failures.sql.js';

const EVERYTHING: FailuresQuery = {
  ...{ pipeline: null, step: null, kind: null, dims: {}, before: null, limit: 100 },
};
const RESOURCES = { cpus: 1, memoryMb: 1, walltimeMinutes: 1 };

describe('failures that nothing has healed', () => {
  let test: TestDatabase;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  beforeEach(async () => {
    step = await aStep(test.dataSource.manager);
  });
  afterAll(() => test.close());

  const db = () => test.dataSource.manager;
  const collecting = (of?: BuiltRun): Promise<BuiltRun> =>
    aRun(db(), {
      step,
      status: 'COLLECTING_RESULTS',
      ...(of === undefined ? {} : { subGroupId: of.subGroupId }),
    });
  const fail = async (run: BuiltRun, retried = false): Promise<BuiltRun> => {
    const failure = {
      runId: run.runId,
      fromStatus: 'COLLECTING_RESULTS',
      failureClass: 'SOFTWARE',
      reason: 'exit code 3',
    } as const;
    await failRuns(db(), {
      actor: 'test',
      failures: [{ ...failure, retry: retried ? { delaySeconds: 0, resources: RESOURCES } : null }],
    });
    return run;
  };
  const move = (run: BuiltRun, status: RunStatus) =>
    queryRows(
      db(),
      sql`UPDATE run SET status = ${status}, moved_by = 'test', finished_at = CASE WHEN ${status} = 'COMPLETED' THEN now() END WHERE id = ${run.runId}`,
    );
  const complete = async (run: BuiltRun): Promise<number> => {
    const product = await aProduct(db(), run);
    await move(run, 'COMPLETED');
    await queryRows(
      db(),
      sql`UPDATE sub_group SET last_completed_run_id = ${run.runId} WHERE id = ${run.subGroupId}`,
    );
    return product;
  };
  const open = async (query: Partial<FailuresQuery> = {}): Promise<number[]> =>
    (await listFailures(db(), { ...EVERYTHING, step: step.name, ...query })).map(({ runId }) => runId);
  const failedProducts = async (): Promise<number[]> => {
    const filter = { ...EVERY_PRODUCT, step: step.name };
    return (await listFailedProducts(db(), { ...filter, before: null, limit: 100 })).map(({ id }) => id);
  };

  it('are those of sub-groups that never had a result, and of those that have an earlier one', async () => {
    const first = await fail(await collecting());
    const had = await collecting();
    const product = await complete(had);
    const second = await fail(await collecting(had));
    expect(await listFailures(db(), { ...EVERYTHING, step: step.name })).toMatchObject([
      { runId: second.runId, itemId: null, failureClass: 'SOFTWARE', reason: 'exit code 3', hasResult: true },
      { runId: first.runId, subGroupId: first.subGroupId, outcome: 'failed', hasResult: false },
    ]);
    expect(await failedProducts()).toEqual([product]);
    expect(await open({ kind: 'item' })).toEqual([]);
    expect(await open({ before: { runId: second.runId, itemId: 0 }, limit: 1 })).toEqual([first.runId]);
  });

  it('are gone when a later run succeeds, and not when it is only under way or fails as well', async () => {
    const first = await fail(await collecting());
    const second = await collecting(first);
    expect(await open()).toEqual([first.runId]);
    await fail(second);
    expect(await open()).toEqual([second.runId]);
    const third = await collecting(first);
    await complete(third);
    expect(await open()).toEqual([]);
    expect(await failedProducts()).toEqual([]);
  });

  it('are none of runs that are tried again, until these have ended', async () => {
    const again = await fail(await collecting(), true);
    expect(await open()).toEqual([]);
    for (const status of ['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS'] as const)
      await move(again, status);
    await fail(again);
    expect(await open()).toEqual([again.runId]);
    await requestRetry(db(), {
      runId: again.runId,
      actor: 'ada',
      resources: { cpus: null, memoryMb: null, walltimeMinutes: null },
    });
    expect(await open()).toEqual([]);
  });

  it('are told apart, many at once, from those that succeed in the same statement', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => collecting()));
    const ids = runs.map(({ runId }) => runId);
    await queryRows(
      db(),
      sql`UPDATE run SET status = CASE WHEN id % 2 = 0 THEN 'FAILED' ELSE 'COMPLETED' END, finished_at = now(), moved_by = 'test',
            failure_class = CASE WHEN id % 2 = 0 THEN 'SOFTWARE' END, failure_reason = CASE WHEN id % 2 = 0 THEN 'x' END
          WHERE id = ANY(${ids}::bigint[])`,
    );
    expect(await open()).toEqual(ids.filter((id) => id % 2 === 0).sort((left, right) => right - left));
  });
});
