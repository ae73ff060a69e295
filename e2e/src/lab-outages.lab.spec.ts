import { LAB_SITES, type LabSite } from '@meridian/hpc/testing';
import { Lab } from './lab-cluster.js';
import { LabMeridian, jobOf, storyOf, type LabPipeline } from './lab-meridian.js';

jest.setTimeout(240_000);

const STATE = '/tmp/lab-e2e';
const PORTS = 19_600;
/** Slow enough that a job that ended has left the queue of a site that forgets after two seconds. */
const SLOW_LOOKS = { MERIDIAN_POLL_INTERVAL_MS: '8000' };
const FORGETFUL = ['--min-job-age', '2', '--nodes', '2'];
const FILES = ['a', 'b', 'c', 'd'];
const SHORT = 'sleep 2; cat "$WORKFLOW_INPUT_DIR"/* >out.txt';

/** Every run completed at its first attempt, and was executed once. */
async function expectExactlyOnce(pipeline: LabPipeline): Promise<void> {
  const runs = await pipeline.ended(150);
  expect(runs.map(storyOf)).toEqual(FILES.map(() => 'COMPLETED'));
  expect(pipeline.executions().sort()).toEqual(runs.map(({ id }) => `${id}.1`).sort());
}

describe('a cluster that forgets a job seconds after its end', () => {
  let lab: Lab;
  let meridian: LabMeridian;
  const onLostNode = new Map<LabSite, LabPipeline>();
  beforeAll(async () => {
    lab = await Lab.own(STATE, { portBase: PORTS, options: FORGETFUL });
    meridian = await LabMeridian.start(lab, SLOW_LOOKS);
    await loseNodes();
  });
  afterAll(async () => {
    await meridian.remove();
    await lab.wipe();
  });

  /** Sites whose nodes come back by themselves have done it already. */
  const backInService = (node: string): Promise<true> =>
    meridian.home.until(`${node} is back`, 60, () => {
      const state = lab.slurm('sinfo', '--noheader', '--nodes', node, '--format', '%t').split('\n')[0] ?? '';
      if (/down|drain/.test(state)) lab.slurm('scontrol', 'update', `nodename=${node}`, 'state=resume');
      return Promise.resolve(/^(idle|mix|alloc)$/.test(state) ? true : null);
    });

  /** Where the site requeues such a job it waits two minutes, so this begins first and is looked at last. */
  async function loseNodes(): Promise<void> {
    const nodes = new Set<string>();
    for (const site of LAB_SITES) {
      const pipeline = await meridian.pipeline({
        name: `node-down-${site}`,
        site,
        script: '[ "$WORKFLOW_ATTEMPT" -gt 1 ] || sleep 600\necho done >out.txt',
      });
      onLostNode.set(site, pipeline);
      const job = jobOf(await pipeline.running());
      nodes.add(lab.slurm('squeue', '--noheader', '--jobs', job, '--format', '%N'));
    }
    for (const node of nodes)
      lab.slurm('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=test');
    for (const node of nodes) await backInService(node);
    // Over SSH it is not requeued: the site knows for a moment, and then its accounting alone, what became of it.
    await onLostNode.get('lab-ssh')?.ended();
  }

  const allSites = (name: string, script: string): Promise<LabPipeline[]> =>
    Promise.all(
      LAB_SITES.map((site) => meridian.pipeline({ name: `${name}-${site}`, site, script, files: FILES })),
    );

  it('loses no run although slurmdbd is down from the first to the last', async () => {
    await lab.service('stop', 'slurmdbd');
    for (const pipeline of await allSites('without-slurmdbd', SHORT)) await expectExactlyOnce(pipeline);
    await lab.service('start', 'slurmdbd');
  });

  it.each(['slurmctld', 'slurmrestd', 'sshd'])(
    'loses and doubles nothing when %s is restarted in the middle',
    async (service) => {
      const pipelines = await allSites(`restarted-${service}`, SHORT);
      await meridian.home.until('a job has started', 60, () =>
        Promise.resolve(pipelines.some((pipeline) => pipeline.executions().length > 0) ? true : null),
      );

      await lab.service('restart', service);

      for (const pipeline of pipelines) await expectExactlyOnce(pipeline);
    },
  );

  it.each(LAB_SITES)('runs again what ran on a node that was set down, by %s', async (site) => {
    const pipeline = onLostNode.get(site);

    const [run] = (await pipeline?.ended(220)) ?? [];

    expect(run && storyOf(run)).toBe('INFRASTRUCTURE → COMPLETED');
    expect(pipeline?.executions()).toEqual([`${run?.id}.1`, `${run?.id}.2`]);
  });
});

describe('a cluster that keeps no accounts and forgets a job seconds after its end', () => {
  let lab: Lab;
  let meridian: LabMeridian;
  beforeAll(async () => {
    lab = await Lab.own(STATE, { portBase: PORTS, options: [...FORGETFUL, '--no-accounting'] });
    meridian = await LabMeridian.start(lab, SLOW_LOOKS);
  });
  afterAll(async () => {
    await meridian.remove();
    await lab.wipe();
  });

  it.each(LAB_SITES)('completes every run, and knows what failed, by %s', async (site) => {
    const fine = await meridian.pipeline({ name: `bare-${site}`, site, script: SHORT, files: FILES });
    const broken = await meridian.pipeline({ name: `broken-${site}`, site, script: 'exit 65' });

    await expectExactlyOnce(fine);
    const [run] = await broken.ended();
    expect(run && storyOf(run)).toBe('BAD_DATA → FAILED');
  });
});
