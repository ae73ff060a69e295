import { readdirSync, readFileSync } from 'node:fs';
import { startCountingPipeline, type CountingPipeline } from './counting-pipeline.js';
import { MeridianHome } from './meridian-home.js';

const FILES = 3;
const LONG = 600;

interface Kill {
  readonly id: number;
  readonly state: string;
  readonly holds: boolean;
  readonly summary: string;
  readonly runs: Record<string, number>;
  readonly sites: readonly { location: string; silence: string | null; alive_count: number }[];
}

jest.setTimeout(240_000);

describe('the kill switch', () => {
  let home: MeridianHome;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
  });
  afterAll(async () => {
    // Local jobs outlive Meridian, and those of these tests would do so for minutes.
    await home.meridian('kill', 'everything', '--reason', 'the tests are over', '--yes');
    await home.remove();
  });

  /** Every process of a job of this home, found by the environment that all of them inherit, whatever Meridian believes. */
  function jobProcesses(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
          const words = environment + readFileSync(`/proc/${pid}/cmdline`, 'latin1');
          return environment.includes('MERIDIAN_JOB_ID=') && words.includes(home.directory);
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  async function aBusyPipeline(name: string): Promise<CountingPipeline> {
    const pipeline = await startCountingPipeline(home, name, FILES, LONG);
    await home.until('some runs are running', 60, async () => {
      const running = (await home.runs(name)).filter((run) => run.status === 'RUNNING');
      return running.length > 0 && pipeline.executions().length > 0 ? true : null;
    });
    expect(jobProcesses()).not.toEqual([]);
    return pipeline;
  }

  const paused = async (name: string): Promise<unknown> =>
    (await home.get<{ paused_at: unknown }>(`/pipelines/${name}`)).paused_at;

  it('refuses to act without a reason or a confirmation', async () => {
    const answers = [
      await home.meridian('kill', 'everything', '--yes'),
      await home.meridian('kill', 'everything', '--reason', 'x'),
      await home.meridian('kill', 'pipeline', 'nothing', '--reason', 'x', '--yes'),
    ];
    expect(answers.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(await home.get('/kills')).toMatchObject({ items: [] });
  });

  it('stops a pipeline, and ends with 0 when the process table has nothing of it any more', async () => {
    await aBusyPipeline('burning');

    const result = await home.meridian('kill', 'pipeline', 'burning', '--reason', 'smoke', '--yes');

    expect(jobProcesses()).toEqual([]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      /kill \d+ of pipeline burning: everything stopped: 3 runs cancelled, e2e-local answered at .*, nothing alive/,
    );
    expect((await home.runs('burning')).map((run) => run.status)).toEqual([
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
    ]);
    expect(await paused('burning')).not.toBeNull();
  });

  it('is seen through although the daemons are killed meanwhile, and its work goes on when it is resumed', async () => {
    await aBusyPipeline('resumed');
    const asked = await home.mustMeridian(
      'kill',
      'pipeline',
      'resumed',
      '--reason',
      'x',
      '--yes',
      '--no-wait',
      '--json',
    );
    const { id } = JSON.parse(asked.stdout) as Kill;
    for (const daemon of ['workflow-manager', 'result-manager', 'ops-db-api'])
      process.kill((await home.processes())[daemon] ?? 0, 'SIGKILL');

    const kill = await home.until('the kill is settled', 180, async () => {
      const found = await home.get<Kill>(`/kills/${id}`);
      return found.state === 'settled' ? found : null;
    });

    expect(kill).toMatchObject({
      holds: false,
      runs: { CANCELLED: FILES },
      sites: [{ silence: null, alive_count: 0 }],
    });
    expect(jobProcesses()).toEqual([]);
    expect((await home.meridian('kill', 'show', String(id))).code).toBe(0);
    await home.request('POST', '/pipelines/resumed/resume', {});
    await home.until('the same work runs again', 60, async () =>
      (await home.runs('resumed')).some((run) => run.status === 'RUNNING') ? true : null,
    );
    await home.mustMeridian('kill', 'pipeline', 'resumed', '--reason', 'seen enough', '--yes');
    expect(jobProcesses()).toEqual([]);
  });

  it('proves the end of a single run that is cancelled', async () => {
    await aBusyPipeline('single');
    const runs = await home.runs('single');
    const one = runs.find((run) => run.status === 'RUNNING')?.id ?? 0;

    const result = await home.meridian('cancel', String(one), '--wait');

    expect([result.code, (await home.get<{ status: string }>(`/runs/${one}`)).status]).toEqual([
      0,
      'CANCELLED',
    ]);
    expect(jobProcesses()).not.toEqual([]);
    expect((await home.runs('single')).filter((run) => run.status === 'CANCELLED')).toHaveLength(1);
    await home.mustMeridian('kill', 'location', 'e2e-local', '--reason', 'make room', '--yes');
    expect(jobProcesses()).toEqual([]);
    await home.request('DELETE', '/locations/e2e-local/pause');
    await home.request('POST', '/pipelines/single/disable', {});
  });

  it('stops everything, and nothing starts until it is lifted', async () => {
    await aBusyPipeline('first');

    const result = await home.meridian('kill', 'everything', '--reason', 'fire', '--yes', '--json');

    const kill = JSON.parse(result.stdout) as Kill;
    expect([result.code, kill.state, kill.holds, jobProcesses()]).toEqual([0, 'settled', true, []]);
    const second = await startCountingPipeline(home, 'second', FILES, 0);
    const gaps = await home.until('the new sub-groups are paused by the kill', 60, async () => {
      const { items } = await home.get<{ items: { state: string; explanation: string }[] }>(
        '/gaps?pipeline=second',
      );
      const held = items.filter((gap) => gap.state === 'paused');
      return held.length >= FILES ? held : null;
    });
    expect(gaps[0]?.explanation).toContain(`kill ${kill.id}: fire`);
    expect(second.executions()).toEqual([]);

    await home.mustMeridian('kill', 'lift', String(kill.id));

    await home.until('what was killed and what waited are both run', 60, async () => {
      const [again, waited] = [await home.runs('first'), await home.runs('second')];
      const isOn = again.some((run) => run.status === 'RUNNING') && waited.length === FILES;
      return isOn ? true : null;
    });
  });
});
