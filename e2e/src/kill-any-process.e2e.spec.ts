import { setTimeout as sleep } from 'node:timers/promises';
import { startCountingPipeline, type CountingPipeline } from './counting-pipeline.js';
import { MeridianHome } from './meridian-home.js';

const FILES = 6;
const JOB_SECONDS = 0.4;
/** Milliseconds before each kill: spread over staging, submission, running and collecting, different for each victim. */
const MOMENTS = [50, 350, 120, 700, 20, 500, 250, 900];

jest.setTimeout(240_000);

describe('kill -9', () => {
  let home: MeridianHome;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
  });
  afterAll(() => home.remove());

  async function allRunsFinished(pipeline: CountingPipeline) {
    return home.until(`the ${FILES + 1} runs of ${pipeline.name} finish`, 120, async () => {
      const runs = await home.runs(pipeline.name);
      const isOver =
        runs.length === FILES + 1 && runs.every((run) => /^(COMPLETED|FAILED|CANCELLED)/.test(run.status));
      return isOver ? runs : null;
    });
  }

  /** The books of the program and of Meridian: every run completed at its first attempt, executed once, with one product. */
  async function expectExactlyOnce(pipeline: CountingPipeline) {
    const runs = await allRunsFinished(pipeline);
    const { items: products } = await home.get<{ items: { run_id: number; path: string }[] }>(
      `/products?pipeline=${pipeline.name}&limit=1000`,
    );
    expect(runs.map(({ step, status, attempt }) => `${step} ${status} ${attempt}`).sort()).toEqual([
      'all COMPLETED 1',
      ...Array.from({ length: FILES }, () => 'each COMPLETED 1'),
    ]);
    expect(pipeline.executions().sort()).toEqual(runs.map((run) => `${run.step} ${run.id}`).sort());
    expect(products.map((product) => product.run_id).sort()).toEqual(runs.map((run) => run.id).sort());
  }

  it.each(['trigger-manager', 'workflow-manager', 'result-manager', 'ops-db-api', 'postgres'])(
    'of %s at many moments loses no run, doubles no job and no product',
    async (victim) => {
      const pipeline = await startCountingPipeline(home, `kill-${victim}`, FILES, JOB_SECONDS);

      let kills = 0;
      for (const moment of MOMENTS) {
        await sleep(moment);
        const pid = (await home.processes())[victim];
        if (pid !== undefined && isAlive(pid)) {
          process.kill(pid, 'SIGKILL');
          kills += 1;
        }
      }

      expect(kills).toBeGreaterThanOrEqual(3);
      await expectExactlyOnce(pipeline);
    },
  );

  it('of the supervisor stops its daemons, and the next start carries on', async () => {
    const pipeline = await startCountingPipeline(home, 'kill-supervisor', FILES, JOB_SECONDS);
    await sleep(800);
    const before = await home.processes();

    process.kill(before['supervisor'] ?? 0, 'SIGKILL');
    await home.until('the daemons stop', 30, async () =>
      ['trigger-manager', 'workflow-manager', 'result-manager', 'ops-db-api'].some((name) =>
        isAlive(before[name] ?? 0),
      )
        ? null
        : true,
    );
    await home.mustMeridian('up', '--detach');

    await expectExactlyOnce(pipeline);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
