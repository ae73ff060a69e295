import { LAB_SITES, type LabSite } from '@meridian/hpc/testing';
import { Lab } from './lab-cluster.js';
import { LabMeridian, jobOf, storyOf, type LabPipeline } from './lab-meridian.js';

jest.setTimeout(300_000);

const lab = Lab.shared();
/** Holds 200 MB in memory: a line without an end. */
const NEEDS_200_MB = 'head -c 200000000 /dev/zero | tail | wc -c >out.txt';
const IS_DONE = 'echo done >out.txt';
const GOES_ON = `sleep 600; ${IS_DONE}`;
/** Of every attempt but the first, which goes on. */
const DONE_AT_SECOND_ATTEMPT = `[ "$WORKFLOW_ATTEMPT" -gt 1 ] || sleep 600\n${IS_DONE}`;

describe('on a cluster, a job', () => {
  let meridian: LabMeridian;
  /** What takes minutes begins at once and is looked at last. */
  const slow = new Map<string, LabPipeline>();
  beforeAll(async () => {
    meridian = await LabMeridian.start(lab);
    for (const site of LAB_SITES) {
      const walltime = await start(
        'walltime',
        site,
        `[ "$WORKFLOW_ATTEMPT" -gt 1 ] || sleep 100\n${IS_DONE}`,
        {
          resources: { walltime_minutes: 1, max_walltime_minutes: 3 },
        },
      );
      const requeued = await start('requeued', site, DONE_AT_SECOND_ATTEMPT);
      slow.set(`walltime ${site}`, walltime);
      slow.set(`requeued ${site}`, requeued);
    }
    for (const site of LAB_SITES) {
      const job = jobOf(await slowOne('requeued', site).running());
      // Ours may not be requeued; not every Slurm listens, and no administrator has to.
      lab.slurm('scontrol', 'update', `job=${job}`, 'requeue=1');
      lab.slurm('scontrol', 'requeue', job);
    }
  });
  afterAll(() => meridian.remove());

  const start = (
    what: string,
    site: LabSite,
    script: string,
    more: Partial<Parameters<LabMeridian['pipeline']>[0]> = {},
  ): Promise<LabPipeline> => meridian.pipeline({ name: `${what}-${site}`, site, script, ...more });

  function slowOne(what: string, site: LabSite): LabPipeline {
    const found = slow.get(`${what} ${site}`);
    if (found === undefined) throw new Error(`${what} was not started at ${site}`);
    return found;
  }

  if (lab.facts.has_cgroup) {
    it.each(LAB_SITES)(
      'over its memory comes back with twice the memory and completes, by %s',
      async (site) => {
        const pipeline = await start('memory', site, NEEDS_200_MB, {
          resources: { memory_mb: 150, max_memory_mb: 800 },
        });

        const [run] = await pipeline.ended();

        expect(run && storyOf(run)).toBe('MEMORY → COMPLETED');
        expect(run?.attempts.map((attempt) => attempt.memory_mb)).toEqual([150, 300]);
        expect(pipeline.executions()).toEqual([`${run?.id}.1`, `${run?.id}.2`]);
      },
    );

    it.each(LAB_SITES)('over its memory at the cap of its step fails, and says so, by %s', async (site) => {
      const pipeline = await start('cap', site, NEEDS_200_MB, {
        resources: { memory_mb: 60, max_memory_mb: 90 },
      });

      const [run] = await pipeline.ended();

      expect(run && storyOf(run)).toBe('MEMORY → MEMORY → FAILED');
      expect(run?.attempts.map((attempt) => attempt.memory_mb)).toEqual([60, 90]);
      expect(run?.failure_reason).toMatch(
        /^not retried, memory is at its cap already: .*more memory than it asked for/,
      );
    });
  } else {
    it('over its memory is killed as such only where the kernel has control groups that Slurm can use', () => {
      console.warn('NOT TESTED: MEMORY needs a lab with memory limits by control groups');
      expect(lab.facts.has_cgroup).toBe(false);
    });
  }

  it.each(LAB_SITES)('cancelled behind our back is not run again, and says so, by %s', async (site) => {
    const pipeline = await start('cancelled', site, GOES_ON);
    lab.slurm('scancel', jobOf(await pipeline.running()));

    const [run] = await pipeline.ended();

    expect(run && storyOf(run)).toBe('CANCELLED_EXTERNALLY → FAILED');
    expect(run?.failure_reason).toContain('cancelled at the site');
    expect(pipeline.executions()).toEqual([`${run?.id}.1`]);
  });

  it.each(LAB_SITES)(
    'that no partition lets run so long ends with the reason of Slurm, by %s',
    async (site) => {
      const pipeline = await start('too-long', site, IS_DONE, { resources: { walltime_minutes: 120 } });

      const [run] = await pipeline.ended();

      expect(run).toMatchObject({ status: 'FAILED', failure_class: 'INFRASTRUCTURE' });
      expect(run?.failure_reason).toMatch(/time ?limit|partition ?config/i);
      expect(pipeline.executions()).toEqual([]);
    },
  );

  it.each(LAB_SITES)('that is larger than every node ends with the reason of Slurm, by %s', async (site) => {
    const pipeline = await start('too-large', site, IS_DONE, { resources: { cpus: 500 } });

    const [run] = await pipeline.ended();

    expect(run).toMatchObject({ status: 'FAILED', failure_class: 'INFRASTRUCTURE' });
    expect(run?.failure_reason).toMatch(/node configuration|partition ?config/i);
    expect(pipeline.executions()).toEqual([]);
  });

  it.each(LAB_SITES)(
    'requeued by the site ends its attempt, and the next one completes, by %s',
    async (site) => {
      const pipeline = slowOne('requeued', site);

      const [run] = await pipeline.ended(280);

      expect(run && storyOf(run)).toBe('INFRASTRUCTURE → COMPLETED');
      expect(pipeline.executions()).toEqual([`${run?.id}.1`, `${run?.id}.2`]);
    },
  );

  it.each(LAB_SITES)(
    'over its time comes back with half as much again and completes, by %s',
    async (site) => {
      const pipeline = slowOne('walltime', site);

      const [run] = await pipeline.ended(280);

      expect(run && storyOf(run)).toBe('WALLTIME → COMPLETED');
      expect(run?.attempts.map((attempt) => attempt.walltime_minutes)).toEqual([1, 2]);
      expect(pipeline.executions()).toEqual([`${run?.id}.1`, `${run?.id}.2`]);
    },
  );
});
