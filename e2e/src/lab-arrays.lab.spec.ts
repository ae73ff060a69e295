import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_SITES, type LabSite } from '@meridian/hpc/testing';
import { Lab } from './lab-cluster.js';
import { LabMeridian, jobOf, storyOf, type LabPipeline, type RunDetails } from './lab-meridian.js';
import type { Run } from './meridian-home.js';

jest.setTimeout(240_000);

const RUNS = 30;

describe.each(LAB_SITES)('thirty ready runs of one step, by %s', (site: LabSite) => {
  let meridian: LabMeridian;
  let pipeline: LabPipeline;
  let ended: readonly RunDetails[];
  /** Of the runs: one that is cancelled by Meridian, one by somebody else, one that asks to be tried again. */
  let stopped: RunDetails;
  let taken: RunDetails;
  const FLAKY = 7;

  beforeAll(async () => {
    meridian = await LabMeridian.start(Lab.shared());
    const gate = join(meridian.base, 'gate');
    pipeline = await meridian.pipeline({
      name: 'many',
      site,
      files: Array.from({ length: RUNS }, (_, at) => (at === FLAKY ? 'flaky' : `file ${at}`)),
      script: `while [ ! -e '${gate}' ]; do sleep 1; done
if [ "$WORKFLOW_ATTEMPT" = 1 ] && grep -q flaky "$WORKFLOW_INPUT_DIR"/*; then exit 75; fi
cat "$WORKFLOW_INPUT_DIR"/* >out.txt`,
      resources: { memory_mb: 50 },
    });
    const isRunning = ({ id, status }: Run): boolean =>
      status === 'RUNNING' && pipeline.executions().includes(`${id}.1`);
    const runs = await pipeline.until('some of its runs run', 120, (all) => all.filter(isRunning).length > 2);
    const running = runs.filter((run) => isRunning(run) && !isFlaky(run));
    [stopped, taken] = [running[0], running[1]] as [RunDetails, RunDetails];
    await meridian.home.mustMeridian('cancel', String(stopped.id), '--wait');
    meridian.lab.slurm('scancel', jobOf(taken));
    writeFileSync(gate, '');
    ended = await pipeline.ended();
  });
  afterAll(() => meridian.remove());

  const isFlaky = ({ inputs }: RunDetails): boolean =>
    inputs.some(({ name }) => name === `many-${FLAKY}.fits`);
  const isOrdinary = (run: RunDetails): boolean => !isFlaky(run) && ![stopped.id, taken.id].includes(run.id);

  it('go out as one array', () => {
    const arrays = ended.map((run) => /^(\d+)_\d+$/.exec(run.attempts[0]?.job_id ?? '')?.[1]);

    expect(arrays).toHaveLength(RUNS);
    expect([...new Set(arrays)]).toEqual([expect.stringMatching(/^\d+$/)]);
  });

  it('lose only the one that is cancelled', () => {
    expect(ended.find(({ id }) => id === stopped.id)?.status).toBe('CANCELLED');
  });

  it('lose only the one that somebody takes out of the array', () => {
    const run = ended.find(({ id }) => id === taken.id);

    expect(run && storyOf(run)).toBe('CANCELLED_EXTERNALLY → FAILED');
  });

  it('repeat only the one that fails, as a job of its own', () => {
    const run = ended.find(isFlaky);

    expect(run && storyOf(run)).toBe('TRANSIENT → COMPLETED');
    expect(run?.attempts.map(({ job_id }) => job_id)).toEqual([
      expect.stringMatching(/^\d+_\d+$/),
      expect.stringMatching(/^\d+$/),
    ]);
  });

  it('complete otherwise, each executed once and with the product of its own input', async () => {
    const ordinary = ended.filter(isOrdinary);
    const executions = pipeline.executions();

    expect(ordinary.map(storyOf)).toEqual(Array.from({ length: RUNS - 3 }, () => 'COMPLETED'));
    expect(new Set(executions).size).toBe(executions.length);
    const flaky = ended.find(isFlaky)?.id;
    expect(executions.sort()).toEqual([...ended.map(({ id }) => `${id}.1`), `${flaky}.2`].sort());
    const { items } = await meridian.home.get<{ items: { run_id: number; sha256: string }[] }>(
      '/products?pipeline=many&limit=1000',
    );
    expect(new Set(items.map(({ sha256 }) => sha256)).size).toBe(RUNS - 2);
  });
});
