import { ConfigReader } from '../config-reader.js';
import { SlurmRefusal, SlurmUnreachable, type SlurmSubmission } from '../slurm/slurm-client.js';
import { SlurmRestClient } from './rest-client.js';
import { readRestSettings } from './rest-settings.js';
import { captured } from './testing/captured.js';
import { ClientBench, failureOf, TOKEN, tokenOf } from './testing/client-bench.js';
import { answer, inTurn, type SlurmrestdDouble } from './testing/slurmrestd-double.js';

const SUBMISSION: SlurmSubmission = {
  name: 'mrd-k3x9ab-1-1',
  comment: 'imaging/extract',
  script: '#!/bin/sh\ntrue\n',
  workingDirectory: '/data/jobs/1.1',
  stdoutPath: '/dev/null',
  stderrPath: '/dev/null',
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 5 },
  indices: '0-3',
};

let bench: ClientBench;
let server: SlurmrestdDouble;
let client: SlurmRestClient;

async function open(...args: Parameters<typeof ClientBench.open>): Promise<void> {
  bench = await ClientBench.open(...args);
  ({ server, client } = bench);
}

afterEach(() => bench.close());

describe('requests', () => {
  it('are four at once at most', async () => {
    await open('24.11-v0.0.42');
    let [now, most] = [0, 0];
    const { text } = captured('24.11-v0.0.42', 'db-job-unknown');
    for (let id = 1; id <= 12; id += 1)
      server.on('GET', `/slurmdb/v0.0.42/job/${id}`, (_, response) => {
        now += 1;
        most = Math.max(most, now);
        setImmediate(() => {
          now -= 1;
          response.end(text);
        });
      });
    await client.account({ kind: 'ids', ids: Array.from({ length: 12 }, (_, at) => at + 1) });
    expect(most).toBeLessThanOrEqual(4);
    expect(bench.kinds.filter((kind) => kind === 'accounting')).toHaveLength(12);
  });

  it('that only read are repeated with a new token', async () => {
    await open('22.05-v0.0.38');
    bench.tokens = [TOKEN, tokenOf({ exp: 4_000_000_001 })];
    const refused = captured('22.05-v0.0.38', 'err-expired-token');
    const jobs = captured('22.05-v0.0.38', 'job-failed');
    server.on(
      'GET',
      '/slurm/v0.0.38/jobs',
      inTurn(answer(refused.status, refused.text), answer(200, jobs.text)),
    );
    expect((await client.listJobs()).map(({ name }) => name)).toEqual(['exit3']);
  });

  it('at the same time wait for the same new token', async () => {
    await open('24.11-v0.0.42');
    let reads = 0;
    const readEnvironment = (): string => `${TOKEN}${(reads += 1)}`;
    const settings = {
      ...readRestSettings(
        ConfigReader.of({
          name: 's',
          backendConfig: { url: server.url, user: 'astro', token: { env: 'J' } },
        }),
      ),
    };
    const other = new SlurmRestClient({
      settings,
      job: { partition: null, account: null, qos: null, reservation: null, constraint: null },
      readEnvironment,
    });
    server.replays('GET', '/slurm/v0.0.42/jobs', 'job-failed');
    await Promise.all([other.listJobs(), other.listJobs(), other.listJobs()]);
    await other.close();
    expect(reads).toBe(1);
  });
});

describe('the queue without a state list', () => {
  const PATH = '/slurm/v0.0.38/jobs';

  it('is read once while slurmctld says that nothing changed, and again after a submission', async () => {
    await open('22.05-v0.0.38');
    server.replays('GET', PATH, 'job-array-done');
    const first = await client.listStates([10, 99]);
    server.replays('GET', PATH, 'jobs-unchanged');
    expect(await client.listStates([10, 99])).toEqual(first);
    const asked = server.seen.filter(({ path }) => path === PATH).map(({ query }) => query);
    expect(asked).toEqual(['', expect.stringMatching(/^update_time=\d+$/)]);
    const recorded = captured('22.05-v0.0.38', 'diag').body.statistics.req_time;
    const asOf = Number(asked[1]?.split('=')[1]);
    // Never after slurmctld's own time, or changes of the same second would be missed.
    expect(asOf).toBeLessThan(recorded);
    expect(asOf).toBeGreaterThan(recorded - 60);

    server.replays('POST', '/slurm/v0.0.38/job/submit', 'submit-ok');
    server.replays('GET', PATH, 'job-failed');
    await client.submit(SUBMISSION);
    expect((await client.listStates([4, 99])).map(({ name }) => name)).toEqual(['exit3']);
  });

  it('is left alone for a single array, which is asked for itself', async () => {
    await open('22.05-v0.0.38');
    server.replays('GET', '/slurm/v0.0.38/job/10', 'job-array-done');
    expect((await client.listStates([10])).map(({ key }) => key)).toContainEqual(
      expect.objectContaining({ kind: 'task', arrayId: 10 }),
    );
    server.replays('GET', '/slurm/v0.0.38/job/11', 'job-unknown');
    expect(await client.listStates([11])).toEqual([]);
    expect(server.countOf('GET', PATH)).toBe(0);
  });

  it('is read whole where the time is not understood', async () => {
    await open('22.05-v0.0.38');
    server.replays('GET', PATH, 'job-failed');
    await client.listStates([4, 99]);
    const list = captured('22.05-v0.0.38', 'job-failed').text;
    const refusal = captured('22.05-v0.0.38', 'db-jobs-filter');
    server.on('GET', PATH, ({ query }, ...rest) =>
      (query === '' ? answer(200, list) : answer(refusal.status, refusal.text))({} as never, ...rest),
    );
    expect(await client.listStates([4, 99])).toHaveLength(1);
    expect(await client.listStates([4, 99])).toHaveLength(1);
    expect(server.countOf('GET', PATH)).toBe(4);
  });
});

describe('accounting', () => {
  it('of v0.0.38 is asked about many jobs in one request', async () => {
    await open('22.05-v0.0.38');
    server.replays('GET', '/slurmdb/v0.0.38/jobs', 'db-job-array');
    const jobs = await client.account({ kind: 'ids', ids: [10, 11] });
    expect(jobs).toHaveLength(6);
    expect(server.seen.at(-1)?.query).toBe('step=10,11');
  });

  it('since a time is asked in seconds ago, a day further back, of our user where that can be said', async () => {
    await open('24.11-v0.0.42');
    server.replays('GET', '/slurmdb/v0.0.42/jobs', 'db-jobs');
    const jobs = await client.account({ kind: 'since', since: new Date(Date.now() - 3_600_000) });
    expect(jobs.length).toBeGreaterThan(0);
    const [, seconds = ''] =
      /^start_time=now-(\d+)seconds&skip_steps=true&users=astro$/.exec(server.seen.at(-1)?.query ?? '') ?? [];
    expect(Math.abs(Number(seconds) - 90_000)).toBeLessThan(60);
  });

  it('that is down is unreachable, not empty', async () => {
    await open('24.11-v0.0.42');
    server.replays('GET', '/slurmdb/v0.0.42/job/5', 'db-down', '24.11-v0.0.42-faults');
    expect(await failureOf(client.account({ kind: 'ids', ids: [5] }))).toBeInstanceOf(SlurmUnreachable);
    await client.close();
    await server.stop();
    await open('22.05-v0.0.38');
    server.replays('GET', '/slurmdb/v0.0.38/jobs', 'db-down', '22.05-v0.0.38-faults');
    expect(await failureOf(client.account({ kind: 'ids', ids: [5] }))).toBeInstanceOf(SlurmUnreachable);
  });
});

describe('a cancellation', () => {
  it('is one request for all where the version has it, and jobs that ended are no error', async () => {
    await open('24.11-v0.0.42');
    server.replays('DELETE', '/slurm/v0.0.42/jobs', 'cancel-many');
    await client.cancel(['28', '30_3', '99999999']);
    expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toEqual({ jobs: ['28', '30_3', '99999999'] });
    server.replays('DELETE', '/slurm/v0.0.42/jobs', 'cancel-other-user');
    expect(await failureOf(client.cancel(['19']))).toBeInstanceOf(SlurmRefusal);
  });

  it('is one request each in v0.0.38', async () => {
    await open('22.05-v0.0.38');
    server.replays('DELETE', '/slurm/v0.0.38/job/22_1', 'cancel-array-task');
    server.replays('DELETE', '/slurm/v0.0.38/job/9', 'cancel-unknown');
    await client.cancel(['22_1', '9']);
    expect(bench.kinds.filter((kind) => kind === 'cancel')).toHaveLength(2);
  });
});
