import { DomainError } from '@meridian/core';
import { SlurmSilence, type SlurmJob } from '../slurm/slurm-client.js';
import type { SlurmRestClient } from './rest-client.js';
import { captured } from './testing/captured.js';
import { ClientBench, failureOf, tokenOf } from './testing/client-bench.js';
import { answer, hangs, json, type SlurmrestdDouble } from './testing/slurmrestd-double.js';

let bench: ClientBench;
let server: SlurmrestdDouble;
let client: SlurmRestClient;

async function open(...args: Parameters<typeof ClientBench.open>): Promise<void> {
  bench = await ClientBench.open(...args);
  ({ server, client } = bench);
}

afterEach(() => bench.close());

describe('the site', () => {
  it('is described by what it says of itself, and by what is configured where it says nothing', async () => {
    await open('22.05-v0.0.38', { maxArraySize: 500 });
    expect(await client.describe()).toEqual({
      version: '22.05.8',
      cluster: '',
      hasAccounting: true,
      maxArraySize: 500,
      messageTimeoutSeconds: 100,
      partitions: expect.arrayContaining([{ name: 'debug', isUp: true, maxMinutes: 60 }]),
      details: { url: server.url, user: 'astro', apiVersion: 'v0.0.38' },
    });
  });

  it('tells its limits since v0.0.45', async () => {
    await open('26.05-v0.0.45');
    server.replays('GET', '/slurm/v0.0.45/conf', 'conf');
    expect(await client.describe()).toMatchObject({
      maxArraySize: 20_001,
      messageTimeoutSeconds: 30,
      cluster: 'lab',
    });
  });

  const troubles: [string, (double: SlurmrestdDouble) => void, string, RegExp][] = [
    [
      'something else',
      (it) => it.on('GET', '/openapi/v3', answer(200, '<html>Welcome</html>')),
      'slurm.not_slurmrestd',
      /^What answers at .* is not a slurmrestd/,
    ],
    ['a redirect', (it) => it.on('GET', '/openapi/v3', answer(302, '')), 'slurm.not_slurmrestd', /HTTP 302/],
    [
      'only versions from long ago',
      (it) => it.serves(['v0.0.36', 'v0.0.37']),
      'slurm.api_version',
      /only v0\.0\.36, v0\.0\.37/,
    ],
    [
      'a token that is refused',
      (it) => it.replays('GET', '/slurm/v0.0.42/diag', 'err-expired-token'),
      'slurm.token_refused',
      /user astro/,
    ],
    [
      'a slurmctld that is down',
      (it) => it.replays('GET', '/slurm/v0.0.42/diag', 'ctld-down-jobs', '24.11-v0.0.42-faults'),
      'slurm.unreachable',
      /Unable to contact slurm controller/,
    ],
    ['no answer', (it) => it.on('GET', '/openapi/v3', hangs), 'slurm.unreachable', /within 1 s/],
  ];
  it.each(troubles)('with %s is told in one sentence without the token', async (_, spoil, code, words) => {
    await open('24.11-v0.0.42');
    spoil(server);
    const failure = await failureOf(client.describe());
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(failure.message).toMatch(/^[^\n]*\.$/);
    expect(JSON.stringify([failure.message, failure.stack, (failure as DomainError).action])).not.toContain(
      'eyJ',
    );
  });

  it('in a version that was asked for and is not served lists those that are', async () => {
    await open('24.11-v0.0.42', { apiVersion: 'v0.0.45' });
    expect(await failureOf(client.describe())).toMatchObject({
      code: 'slurm.api_version',
      message: `slurmrestd at ${server.url} does not serve v0.0.45, only v0.0.42.`,
    });
  });

  it('with an expired token says since when', async () => {
    await open('24.11-v0.0.42');
    bench.tokens = [tokenOf({ exp: 1_000_000_000, sun: 'astro' })];
    server.replays('GET', '/slurm/v0.0.42/diag', 'err-expired-token');
    expect((await failureOf(client.describe())).message).toContain('it expired at 2001-09-09T01:46:40.000Z');
  });
});

describe('the queue by its list of states', () => {
  const [ONE, ARRAY, OTHER, HELD] = [28, 29, 30, 31];
  const keyed = (jobs: readonly SlurmJob[]): Record<string, string> =>
    Object.fromEntries(
      jobs.map(({ key, states, exit, reason }) => [
        key.kind === 'task'
          ? `${key.arrayId}_${key.index}`
          : key.kind === 'single'
            ? String(key.id)
            : 'pending',
        `${states[0]}${exit === null ? '' : ` ${exit.status}`}${reason === null ? '' : ` ${reason}`}`,
      ]),
    );

  /** As the server would, each list under the query that it was recorded for. */
  function replayStates(origin: string, when: 'mid' | 'done'): void {
    const version = origin.split('-')[1];
    const all = captured(origin, `state-${when}`).body;
    const own = captured(origin, 'state-mid-array').body.jobs as { job_id: string }[];
    const ofArray = new Set(own.map(({ job_id }) => job_id));
    server.on('GET', `/slurm/${version}/jobs/state/`, ({ query }, ...rest) => {
      const ids = [...query.matchAll(/job_id=(\d+)/g)].map(([, id]) => Number(id));
      const isFirst = (row: { job_id: string }): boolean =>
        when === 'mid'
          ? ofArray.has(row.job_id)
          : Number(row.job_id.split('_')[1]) <= 10 &&
            !row.job_id.startsWith(`${OTHER}_`) &&
            row.job_id !== '42_3';
      const rows = all.jobs.filter(
        (row: { job_id: string }) =>
          ids.length > 1 ||
          (ids[0] === ARRAY
            ? row.job_id.includes('_') && isFirst(row)
            : row.job_id.includes('_') && !isFirst(row)),
      );
      json(200, { ...all, jobs: rows })({} as never, ...rest);
    });
    server.replays('GET', `/slurm/${version}/job/${HELD}`, 'job-held', origin);
    server.on('GET', `/slurm/${version}/job/${OTHER}`, json(200, { jobs: [] }));
  }

  it.each(['24.11-v0.0.40', '24.11-v0.0.41', '24.11-v0.0.42'])(
    'of %s gives every task to its own array, whatever the version calls it',
    async (origin) => {
      await open(origin);
      replayStates(origin, 'mid');
      const jobs = keyed(await client.listStates([ONE, ARRAY, OTHER, HELD]));
      expect(jobs).toEqual({
        '28': 'RUNNING',
        ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((at) => [`29_${at}`, 'RUNNING'])),
        ...Object.fromEntries([7, 8, 9, 10].map((at) => [`29_${at}`, 'PENDING'])),
        '30_3': 'PENDING',
        '30_5': 'PENDING',
        '31': 'PENDING',
      });
    },
  );

  it('asks about an array by itself only when tasks of it have started since', async () => {
    await open('24.11-v0.0.42');
    replayStates('24.11-v0.0.42', 'mid');
    const asked = (): number => server.countOf('GET', '/slurm/v0.0.42/jobs/state/');
    await client.listStates([ONE, ARRAY, OTHER, HELD]);
    const first = asked();
    await client.listStates([ONE, ARRAY, OTHER, HELD]);
    expect([first, asked() - first]).toEqual([3, 1]);
  });

  it('fetches how a job failed once, and why it waits once a minute', async () => {
    await open('24.11-v0.0.42');
    server.on(
      'GET',
      '/slurm/v0.0.42/jobs/state/',
      json(200, {
        jobs: [
          { job_id: '2', state: ['FAILED'] },
          { job_id: '24', state: ['PENDING'] },
          { job_id: '1', state: ['COMPLETED'] },
        ],
      }),
    );
    server.replays('GET', '/slurm/v0.0.42/job/2', 'job-failed');
    server.replays('GET', '/slurm/v0.0.42/job/24', 'job-held');
    const expected = { '2': 'FAILED 3 NonZeroExitCode', '24': 'PENDING JobHeldUser', '1': 'COMPLETED' };
    expect(keyed(await client.listStates([1, 2, 24]))).toEqual(expected);
    expect(keyed(await client.listStates([1, 2, 24]))).toEqual(expected);
    expect(bench.kinds.filter((kind) => kind === 'status')).toHaveLength(4);
  });

  it('leaves out a failure whose record is gone by the time it is looked at', async () => {
    await open('24.11-v0.0.42');
    server.on('GET', '/slurm/v0.0.42/jobs/state/', json(200, { jobs: [{ job_id: '2', state: ['FAILED'] }] }));
    server.replays('GET', '/slurm/v0.0.42/job/2', 'job-unknown');
    expect(await client.listStates([2])).toEqual([]);
  });

  it('that is no list is silence', async () => {
    await open('24.11-v0.0.42');
    server.on('GET', '/slurm/v0.0.42/jobs/state/', json(200, { errors: [] }));
    expect(await failureOf(client.listStates([2]))).toBeInstanceOf(SlurmSilence);
  });
});
