import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigReader } from '../config-reader.js';
import type { SlurmJobOptions } from '../slurm/job-options.js';
import { observationOf } from '../slurm/job-states.js';
import {
  SlurmRefusal,
  SlurmUnreachable,
  type SlurmJob,
  type SlurmSubmission,
} from '../slurm/slurm-client.js';
import { readIndices } from '../slurm/task-indices.js';
import { labFacts } from '../testing/lab.js';
import { newestCommon } from './api-version.js';
import { SlurmRestClient } from './rest-client.js';
import { readRestSettings } from './rest-settings.js';

// A real slurmrestd, of whatever version the lab runs: `npm run lab -- up`.

const facts = labFacts();
const NOBODY: SlurmJobOptions = {
  partition: null,
  account: null,
  qos: null,
  reservation: null,
  constraint: null,
};
const clients: SlurmRestClient[] = [];

function open(
  change: { argv?: readonly string[]; job?: Partial<SlurmJobOptions>; apiVersion?: string } = {},
): SlurmRestClient {
  const client = new SlurmRestClient({
    settings: readRestSettings(
      ConfigReader.of({
        name: 'lab',
        backendConfig: {
          url: facts.rest_url,
          user: facts.user,
          token: { command: change.argv ?? facts.token_command },
          ...(change.apiVersion === undefined ? {} : { api_version: change.apiVersion }),
        },
      }),
    ),
    job: { ...NOBODY, partition: 'debug', ...change.job },
    readEnvironment: (name) => process.env[name],
  });
  clients.push(client);
  return client;
}

let count = 0;
const submission = (script: string, change: Partial<SlurmSubmission> = {}): SlurmSubmission => ({
  name: `rest-lab-${process.pid}-${(count += 1)}`,
  comment: 'rest-client.lab.spec',
  script: `#!/bin/sh\n${script}\n`,
  workingDirectory: '/tmp',
  stdoutPath: '/dev/null',
  stderrPath: '/dev/null',
  resources: { cpus: 1, memoryMb: 100, walltimeMinutes: 2 },
  indices: null,
  ...change,
});

async function until<Found>(look: () => Promise<Found | null>): Promise<Found> {
  const end = Date.now() + 45_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error('it did not come to pass within 45 s');
    await delay(100);
  }
}

const isOver = (job: SlurmJob): boolean => observationOf(job).kind === 'finished';
const ended = (client: SlurmRestClient, ids: readonly number[], tasks: number): Promise<SlurmJob[]> =>
  until(async () => {
    const jobs = (await client.listStates(ids)).filter(({ key }) =>
      ids.includes(key.kind === 'single' ? key.id : key.arrayId),
    );
    return jobs.length === tasks && jobs.every(isOver) ? jobs : null;
  });
const textOf = ({ key, states, exit }: SlurmJob): string =>
  `${key.kind === 'single' ? '' : key.kind === 'task' ? `${key.arrayId}_${key.index} ` : 'pending '}${states[0]} ${exit?.status ?? '-'}`;

afterAll(() => Promise.all(clients.map((client) => client.close())));

it('describes itself in the newest version that both sides speak', async () => {
  const site = await open().describe();
  expect(site.version).toBe(facts.slurm_version);
  expect(site.hasAccounting).toBe(facts.has_accounting);
  expect(site.details['apiVersion']).toBe(newestCommon(facts.rest_api_versions));
  expect(site.partitions).toContainEqual({ name: 'debug', isUp: true, maxMinutes: expect.any(Number) });
});

const spoken = facts.rest_api_versions.filter((version) => newestCommon([version]) !== null);

it.each(spoken)(
  'in %s two arrays and a job run at the same time, and each task ends as its own',
  async (apiVersion) => {
    const client = open({ apiVersion });
    const script = (base: number): string =>
      `sleep 1; if [ "$SLURM_ARRAY_TASK_ID" = 2 ]; then exit ${base}; fi; exit 0`;
    const [one, other, single] = await Promise.all([
      client.submit(submission(script(31), { indices: '0-4' })),
      client.submit(submission(script(47), { indices: '1-3,6' })),
      client.submit(submission('exit 5')),
    ]);
    const ids = [one.jobId, other.jobId, single.jobId];
    const seen = await ended(client, ids, 10);
    const expectEach = (id: number, indices: readonly number[], code: number): string[] =>
      indices.map((index) => (index === 2 ? `${id}_${index} FAILED ${code}` : `${id}_${index} COMPLETED`));
    expect(seen.map((job) => textOf(job).replace(/(COMPLETED) .*/, '$1')).sort()).toEqual(
      [
        ...expectEach(one.jobId, [0, 1, 2, 3, 4], 31),
        ...expectEach(other.jobId, [1, 2, 3, 6], 47),
        'FAILED 5',
      ].sort(),
    );
  },
);

it('finds jobs by their names in the queue and, if there is accounting, there', async () => {
  const client = open();
  const given = submission('exit 3', { indices: '4-5' });
  const since = new Date();
  const { jobId } = await client.submit(given);
  const queued = (await client.listJobs()).filter(({ name }) => name === given.name);
  expect(queued.map(({ key }) => (key.kind === 'single' ? 0 : key.arrayId))).toContain(jobId);
  await ended(client, [jobId], 2);
  if (!facts.has_accounting) return;
  const accounted = await until(async () => {
    const jobs = await client.account({ kind: 'ids', ids: [jobId] });
    return jobs.length === 2 && jobs.every(isOver) ? jobs : null;
  });
  // 22.05 does not tell the code, and must not be believed.
  const code = facts.slurm_version.startsWith('22.05') ? '-' : '3';
  expect(accounted.map(textOf).sort()).toEqual([`${jobId}_4 FAILED ${code}`, `${jobId}_5 FAILED ${code}`]);
  expect(accounted[0]?.usage.elapsedSeconds).toBeGreaterThanOrEqual(0);
  const found = await client.account({ kind: 'since', since });
  expect(found.filter(({ name }) => name === given.name)).toHaveLength(2);
});

it('refuses in the words of Slurm, and works on afterwards', async () => {
  const client = open({ job: { partition: 'nosuch' } });
  for (let attempt = 0; attempt < 3; attempt += 1)
    await expect(client.submit(submission('true'))).rejects.toEqual(
      new SlurmRefusal('Invalid partition name specified (2000)'),
    );
  expect((await client.describe()).version).toBe(facts.slurm_version);
});

it('says of a job that can never start that it cannot, at once or while it waits', async () => {
  const client = open({ job: { partition: 'small' } });
  const { jobId, neverStarts } = await client.submit(
    submission('true', { resources: { cpus: 1, memoryMb: 100, walltimeMinutes: 600 } }),
  );
  try {
    if (facts.slurm_version.startsWith('22.05')) expect(neverStarts).toMatch(/^Requested partition/);
    const fresh = open();
    const reason = await until(async () => {
      const [job] = (await fresh.listStates([jobId])).filter(
        ({ key }) => key.kind === 'single' && key.id === jobId,
      );
      return job?.reason ?? null;
    });
    expect(['PartitionTimeLimit', 'PartitionConfig']).toContain(reason);
  } finally {
    await client.cancel([String(jobId)]);
  }
});

const isOf =
  (jobId: number) =>
  ({ key }: SlurmJob): boolean =>
    key.kind !== 'single' && key.arrayId === jobId;

it('cancels jobs and single tasks, and minds none that ended or never were', async () => {
  const client = open();
  const { jobId } = await client.submit(submission('sleep 100', { indices: '0-2' }));
  const find = async (start: string): Promise<true | null> =>
    (await client.listStates([jobId])).some((job) => textOf(job).startsWith(start)) ? true : null;
  await until(() => find(`${jobId}_1 RUNNING`));
  await client.cancel([`${jobId}_1`, '999999999']);
  const over = await until(async () => {
    const jobs = (await client.listStates([jobId])).filter((job) => isOf(jobId)(job) && isOver(job));
    return jobs.length > 0 ? jobs : null;
  });
  expect(over.map(textOf)).toEqual([expect.stringContaining(`${jobId}_1 CANCELLED`)]);

  await client.cancel([String(jobId)]);
  const all = await until(async () => {
    const jobs = (await client.listStates([jobId])).filter(isOf(jobId));
    return jobs.every(isOver) ? jobs : null;
  });
  expect(new Set(all.map(({ states }) => states[0]))).toEqual(new Set(['CANCELLED']));
  await client.cancel([String(jobId)]);
});

it('forgets a task that was cancelled before it started: neither the queue nor accounting has it', async () => {
  const client = open();
  const { jobId } = await client.submit(submission('sleep 100', { indices: '0-199' }));
  try {
    await client.cancel([`${jobId}_198`]);
    const rows = await until(async () => {
      const jobs = (await client.listStates([jobId])).filter(isOf(jobId));
      const { indices } = readIndices(
        jobs
          .flatMap(({ key }) =>
            key.kind === 'pending' ? [key.indices] : key.kind === 'task' ? [`${key.index}`] : [],
          )
          .join(),
      );
      return indices.has(198) || !indices.has(199) ? null : jobs;
    });
    expect(rows.length).toBeGreaterThan(0);
    const accounted = facts.has_accounting ? await client.account({ kind: 'ids', ids: [jobId] }) : [];
    expect(accounted.filter(({ key }) => key.kind === 'task' && key.index === 198)).toEqual([]);
  } finally {
    await client.cancel([String(jobId)]);
  }
});

it("is not taken in by somebody else's token", async () => {
  const [program = '', ...args] = facts.token_command;
  const client = open({ argv: [program, ...args, '600', facts.other_user] });
  const token = execFileSync(program, [...args, '600', facts.other_user], { encoding: 'utf8' }).trim();
  const failure: unknown = await client.describe().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'slurm.token_refused',
    message: expect.stringContaining(`made for the user ${facts.other_user}`),
  });
  expect(JSON.stringify(failure)).not.toContain(token.slice(0, 20));
  await expect(client.submit(submission('true'))).rejects.toBeInstanceOf(SlurmUnreachable);
});
