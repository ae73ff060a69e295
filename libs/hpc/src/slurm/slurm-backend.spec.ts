import { jobToken, type JobId, type JobSpec, type JobToken } from '@meridian/core';
import { hpcBackendContract, LONG_AGO, tokensOf, type ContractJob } from '../testing/hpc-backend.contract.js';
import { SlurmBackend } from './slurm-backend.js';
import { FakeSlurm, FakeSlurmClient } from './testing/fake-slurm.js';
import { readTokens } from './locate-jobs.js';

const specOf = (token: JobToken, change: Partial<JobSpec> = {}): JobSpec => ({
  token,
  label: 'imaging/extract',
  scriptPath: `/a/${token}/job.sh`,
  directory: `/a/${token}`,
  stdoutPath: `/a/${token}/job.out`,
  stderrPath: `/a/${token}/job.err`,
  resources: { cpus: 1, memoryMb: 100, walltimeMinutes: 1 },
  ...change,
});

const backendOn = (slurm: FakeSlurm, partition: string | null = null): SlurmBackend =>
  new SlurmBackend({
    backend: 'slurm-fake',
    client: new FakeSlurmClient(slurm),
    locationName: 'lab',
    partition,
    environment: { PATH: '/usr/bin:/bin' },
  });

const runs = (count: number, from = 5000): JobSpec[] =>
  Array.from({ length: count }, (_, at) =>
    specOf(jobToken({ installation: 'k3x9ab', runId: from + at, attempt: 1 })),
  );

/** Jobs that run at once, take their claim as a job script does, and end as planned unless they are held. */
hpcBackendContract('SlurmBackend over a cluster in memory', () => {
  const slurm = new FakeSlurm();
  const plans = new Map<JobToken, ContractJob>();
  const claims = new Map<JobToken, string>();
  slurm.onSubmitted = (task) => {
    const jobId = task.index === null ? String(task.id) : `${task.id}_${task.index}`;
    slurm.start(jobId);
    const token = readTokens([{ ...slurm.queue().at(-1)! }]).named[0]?.token ?? ('' as JobToken);
    if (claims.has(token)) return slurm.end(jobId, 'FAILED', { status: 113, signal: 0 });
    claims.set(token, jobId);
    const { exitCode = 0, isHeld = false } = plans.get(token) ?? {};
    if (!isHeld) slurm.end(jobId, exitCode === 0 ? 'COMPLETED' : 'FAILED', { status: exitCode, signal: 0 });
  };
  return Promise.resolve({
    backend: backendOn(slurm),
    installation: 'contract',
    reopen: () => backendOn(slurm),
    job: (token, plan = {}) => {
      plans.set(token, plan);
      return Promise.resolve(specOf(token));
    },
    release: (token) =>
      Promise.resolve(slurm.end(claims.get(token) ?? '', 'COMPLETED', { status: 0, signal: 0 })),
    executions: (token) => Promise.resolve(claims.has(token) ? 1 : 0),
  });
});

describe('SlurmBackend', () => {
  it('hands the runs of a step in as arrays of the size that the site allows', async () => {
    const slurm = new FakeSlurm();
    const outcomes = await backendOn(slurm).submit(runs(2500));
    expect(slurm.requests.submit).toBe(3);
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(new Set(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.jobId)).size).toBe(2500);
  });

  it('asks once, however many jobs there are, and only for what the queue does not have does it ask accounting', async () => {
    const slurm = new FakeSlurm();
    const backend = backendOn(slurm);
    const ids = (await backend.submit(runs(1000))).flatMap((outcome) =>
      outcome.kind === 'accepted' ? [outcome.jobId] : [],
    );
    await backend.observe(ids);
    expect(slurm.requests).toMatchObject({ states: 1, accounting: 0 });
    const [first] = ids as [JobId];
    slurm.end(first, 'FAILED', { status: 3, signal: 0 });
    slurm.purge(first);
    const seen = await backend.observe(ids);
    expect(slurm.requests).toMatchObject({ states: 2, accounting: 1 });
    expect(seen.get(first)).toMatchObject({ kind: 'finished', state: 'FAILED', exitCode: 3 });
  });

  it('finds every task by its own token in the queue, and in accounting once the queue has forgotten it', async () => {
    const slurm = new FakeSlurm();
    const jobs = runs(10);
    const outcomes = await backendOn(slurm).submit(jobs);
    const expected = new Map(
      outcomes.map((outcome) => [
        outcome.token,
        { kind: 'found', jobId: outcome.kind === 'accepted' && outcome.jobId },
      ]),
    );
    const tokens = jobs.map(({ token }) => token);
    expect(await backendOn(slurm).findByToken(tokens, LONG_AGO)).toEqual(expected);
    for (const task of slurm.tasks) slurm.purge(`${task.id}_${task.index ?? ''}`);
    expect(await backendOn(slurm).findByToken(tokens, LONG_AGO)).toEqual(expected);
  });

  it('calls nothing absent while the queue or accounting is silent', async () => {
    const slurm = new FakeSlurm();
    const token = tokensOf('k3x9ab')('never');
    slurm.faults.accounting = 'silent';
    expect((await backendOn(slurm).findByToken([token], LONG_AGO)).get(token)?.kind).toBe('unanswered');
    delete slurm.faults.accounting;
    slurm.faults.queue = 'silent';
    expect((await backendOn(slurm).findByToken([token], LONG_AGO)).get(token)?.kind).toBe('unanswered');
  });

  it('calls no run absent that may be among the waiting tasks that Slurm cut off', async () => {
    const slurm = new FakeSlurm();
    const scattered = runs(40).filter((_, at) => at % 2 === 0);
    await backendOn(slurm).submit(scattered);
    slurm.longestIndices = 10;
    const last = scattered.at(-1)?.token as JobToken;
    const [hidden] = [...(await backendOn(slurm).findByToken([last], LONG_AGO)).values()];
    expect(hidden?.kind).toBe('unanswered');
    const elsewhere = jobToken({ installation: 'k3x9ab', runId: 1, attempt: 1 });
    expect((await backendOn(slurm).findByToken([elsewhere], LONG_AGO)).get(elsewhere)).toEqual({
      kind: 'absent',
    });
  });

  it('calls nothing absent while accounting has a fresh job without a name that the queue no longer has', async () => {
    const slurm = new FakeSlurm();
    const backend = backendOn(slurm);
    const [job] = runs(1);
    await backend.submit(runs(1));
    const [task] = slurm.tasks;
    slurm.purge(String(task?.id));
    Object.assign(task?.submission ?? {}, { name: 'allocation' });
    const token = job?.token as JobToken;
    const lookUp = async (): Promise<string | undefined> =>
      (await backend.findByToken([token], LONG_AGO)).get(token)?.kind;
    expect(await lookUp()).toBe('unanswered');
    Object.assign(task?.submission ?? {}, { name: token });
    expect(await lookUp()).toBe('found');
    Object.assign(task?.submission ?? {}, { name: 'somebody-elses' });
    expect(await lookUp()).toBe('absent');
  });

  it('says unknown of everything while the queue is silent, though accounting answers', async () => {
    const slurm = new FakeSlurm();
    const backend = backendOn(slurm);
    const [outcome] = await backend.submit(runs(1));
    const id = outcome?.kind === 'accepted' ? outcome.jobId : ('' as JobId);
    slurm.end(id, 'COMPLETED', { status: 0, signal: 0 });
    slurm.faults.queue = 'silent';
    expect((await backend.observe([id])).get(id)).toEqual({ kind: 'unknown' });
  });

  it('believes accounting an end, but not that a job still runs', async () => {
    const slurm = new FakeSlurm();
    const backend = backendOn(slurm);
    const [outcome] = await backend.submit(runs(1));
    const id = outcome?.kind === 'accepted' ? outcome.jobId : ('' as JobId);
    slurm.start(id);
    slurm.purge(id);
    expect((await backend.observe([id])).get(id)).toEqual({ kind: 'unknown' });
  });

  it('takes out of the queue what can never start, and says so with the reason of the site', async () => {
    const slurm = new FakeSlurm();
    const backend = backendOn(slurm);
    const [outcome] = await backend.submit(runs(1));
    const id = outcome?.kind === 'accepted' ? outcome.jobId : ('' as JobId);
    Object.assign(slurm.find(id) ?? {}, { reason: 'PartitionTimeLimit' });
    expect((await backend.observe([id])).get(id)).toMatchObject({
      kind: 'finished',
      state: 'LAUNCH_FAILED',
      reason: 'it could never start: PartitionTimeLimit',
    });
    expect(slurm.find(id)?.states).toEqual(['CANCELLED']);
  });

  it('rejects, and cancels, what the site accepted while saying that it can never start', async () => {
    const slurm = new FakeSlurm();
    slurm.neverStarts = 'Requested node configuration is not available';
    const outcomes = await backendOn(slurm).submit(runs(2));
    expect(outcomes.map((outcome) => outcome.kind === 'rejected' && outcome.reason)).toEqual([
      'Requested node configuration is not available',
      'Requested node configuration is not available',
    ]);
    expect(slurm.tasks.map(({ states }) => states)).toEqual([['CANCELLED'], ['CANCELLED']]);
  });

  it.each(['lost', 'unheard'] as const)(
    'a submission that is %s has an unknown outcome, for every task of it',
    async (fault) => {
      const slurm = new FakeSlurm();
      slurm.faults.submit = fault;
      const outcomes = await backendOn(slurm).submit(runs(3));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
    },
  );

  it.each([
    ['nowhere', 'slurm.partition_unknown'],
    ['closed', 'slurm.partition_down'],
  ])('a location with the partition %s is not healthy', async (partition, code) => {
    await expect(backendOn(new FakeSlurm(), partition).capabilities()).rejects.toMatchObject({ code });
  });
});
