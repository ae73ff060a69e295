import type { SlurmJob } from '../slurm/slurm-client.js';
import { readAccountedJobs } from './accounting-jobs.js';
import { readCancelRefusal } from './cancel-jobs.js';
import { readQueueJobs } from './queue-jobs.js';
import { readPartitions, readServerFacts, readServerTime } from './site-answers.js';
import { sortReply, type SortedReply } from './sort-reply.js';

import { readAcceptance } from './submit-job.js';
import { captured, capturedIn, ORIGINS, replyOf, type Captured } from './testing/captured.js';

// Everything that was recorded of 22.05, 24.11 and 26.05 through the code that reads it. v0.0.45 was recorded as another user than the
// rest, to whom the cluster refused other things and whose jobs could not write their output.
const PLAIN = ORIGINS.filter((origin) => /^\d+\.\d+-v0\.0\.\d+$/.test(origin));
const IS_OTHER_USER = '26.05-v0.0.45';

const sorted = (exchange: Captured): SortedReply => sortReply(replyOf(exchange));
const bodyOf = (exchange: Captured): unknown => {
  const reply = sorted(exchange);
  if (reply.kind !== 'answer')
    throw new Error(`${exchange.origin}/${exchange.name} is ${JSON.stringify(reply)}`);
  return reply.body;
};
const asked = ({ request }: Captured): number => Number(/(\d+)(?:_\d+)?$/.exec(request.path ?? '')?.[1]);
const rowOf = (jobs: readonly SlurmJob[] | null, id: number): SlurmJob | undefined =>
  jobs?.find(({ key }) => 'id' in key && key.id === id);

const EXIT = (status: number): object => ({ status, signal: 0 });
const SIGNAL = (signal: number): object => ({ status: 0, signal });

describe.each(PLAIN)('what slurmrestd %s answered', (origin) => {
  const release = origin.slice(0, 5);
  const is2205 = release === '22.05';
  const isOther = origin === IS_OTHER_USER;
  const user = isOther ? 'pipeline' : 'astro';
  const get = (name: string): Captured => captured(origin, name);

  const accepted = capturedIn(origin).filter(
    ({ name }) => name.startsWith('submit-') || name === 'err-no-shebang',
  );
  it.each(accepted.filter(({ status }) => status === 200).map(({ name }) => name))(
    'to %s is an accepted job with its id',
    (name) => {
      const exchange = get(name);
      expect(readAcceptance(bodyOf(exchange))).toEqual({
        jobId: Number(/"job_id":(\d+)/.exec(exchange.text)?.[1]),
        neverStarts: null,
      });
    },
  );

  const STUCK = 'Requested partition configuration not available now';
  it('to more CPUs than any node has is an id and a reason why it never starts, or a refusal', () => {
    const exchange = get('err-too-many-cpus');
    if (release === '24.11')
      expect(sorted(exchange)).toEqual({
        kind: 'refused',
        reason: 'Requested node configuration is not available (2014)',
      });
    else
      expect(readAcceptance(bodyOf(exchange))).toEqual({ jobId: exchange.body.job_id, neverStarts: STUCK });
  });

  it('to more time than the partition allows is told by 22.05 alone', () => {
    const exchange = get('err-time-over-partition');
    expect(readAcceptance(bodyOf(exchange))).toEqual({
      jobId: exchange.body.job_id,
      neverStarts: is2205 ? STUCK : null,
    });
  });

  it.each([
    ['err-bad-partition', 'Invalid partition name specified (2000)'],
    ['err-bad-account', 'Invalid account or account/partition combination specified (2045)'],
    ['err-bad-qos', 'Invalid qos specification (2066)'],
    ['err-too-much-mem', 'Requested node configuration is not available (2014)'],
    ['err-bad-constraint', 'Invalid feature specification (2029)'],
    ['err-bad-dependency', 'Job dependency problem (2038)'],
    ['err-bad-array', 'Invalid job array specification (2081)'],
    ['err-array-too-big', 'Invalid job array specification (2081)'],
  ])('to %s is a refusal: %s', (name, reason) => {
    expect(sorted(get(name))).toEqual({ kind: 'refused', reason });
  });

  it.each(['err-no-script', 'err-wrong-type', 'err-bad-json', 'err-bad-content-type', 'db-config'])(
    'to %s is a refusal',
    (name) => {
      expect(sorted(get(name)).kind).toBe('refused');
    },
  );

  it('to a job without an environment is no acceptance', () => {
    // 24.11 calls it an error of writing a file, which on a full disk it would be; that is worth another try.
    const kind = release === '24.11' ? 'later' : 'refused';
    expect(sorted(get('err-no-env')).kind).toBe(kind);
    expect(sorted(get('err-empty-env')).kind).toBe(kind);
  });

  it('to a job without a directory, with an unknown field, on an unknown job, in an account of others', () => {
    expect(sorted(get('err-no-cwd')).kind).toBe(is2205 ? 'answer' : 'refused');
    expect(sorted(get('err-unknown-field')).kind).toBe(is2205 ? 'refused' : 'answer');
    expect(sorted(get('submit-afterok-nonexistent')).kind).toBe(is2205 ? 'answer' : 'refused');
    expect(sorted(get('err-not-my-account')).kind).toBe(isOther ? 'answer' : 'refused');
  });

  it.each(['err-expired-token', 'err-garbage-token', 'err-expired-token-submit'])(
    'to %s is about the token, and a proof unless it is 22.05',
    (name) => {
      expect(sorted(get(name))).toMatchObject({ kind: 'token', isProof: !is2205 });
    },
  );

  it('to a request without a token, or with one in accounting, is about the token where that can be told', () => {
    expect(sorted(get('err-no-token'))).toMatchObject({ kind: 'token', isProof: true });
    expect(sorted(get('err-expired-token-db')).kind).toBe(is2205 ? 'token' : 'later');
    if (!isOther) expect(sorted(get('err-token-wrong-user')).kind).toBe('token');
    if (!isOther) expect(sorted(get('err-token-wrong-user-submit')).kind).toBe('token');
  });

  it('to a version or path that it does not have is told from everything else', () => {
    expect(sorted(get('err-wrong-version'))).toEqual({ kind: 'version' });
    expect(sorted(get('err-unknown-path'))).toEqual({ kind: 'version' });
  });

  const noFile = { states: ['FAILED'], exit: SIGNAL(53) };
  it.each([
    ['job-completed', 'ok', isOther ? noFile : { states: ['COMPLETED'], exit: EXIT(0), reason: null }],
    ['job-failed', 'exit3', { states: ['FAILED'], exit: EXIT(3), reason: 'NonZeroExitCode' }],
    ['job-signal', 'segv', { states: ['FAILED'], exit: SIGNAL(11) }],
    ['job-127', 'nf', { states: ['FAILED'], exit: EXIT(127), reason: 'NonZeroExitCode' }],
    ['job-oom', 'oom', { states: ['FAILED'], exit: SIGNAL(9) }],
    ['job-unwritable-output', 'noout', noFile],
    ['job-timeout', 'tlimit', { states: ['TIMEOUT'], exit: SIGNAL(15), reason: 'TimeLimit' }],
    ['job-cancelled', 'long', { states: ['CANCELLED'], reason: null }],
  ])('to %s is how that job ended', (name, jobName, expected) => {
    const exchange = get(name);
    const job = rowOf(readQueueJobs(bodyOf(exchange), user), asked(exchange));
    expect(job).toMatchObject({ key: { kind: 'single', id: asked(exchange) }, name: jobName, ...expected });
    const recorded = exchange.body.jobs[0].start_time;
    expect(job?.startedAt).toEqual(new Date((recorded.number ?? recorded) * 1000));
    expect(job?.usage.elapsedSeconds).toBeGreaterThanOrEqual(0);
  });

  it('to jobs that wait is why, and no time of a start', () => {
    const held = get('job-held');
    expect(readQueueJobs(bodyOf(held), user)).toEqual([
      {
        key: { kind: 'single', id: asked(held) },
        name: 'hold',
        states: ['PENDING'],
        reason: 'JobHeldUser',
        exit: null,
        startedAt: null,
        usage: {},
      },
    ]);
    const never = get('job-dep-never');
    expect(rowOf(readQueueJobs(bodyOf(never), user), asked(never))?.reason).toBe('DependencyNeverSatisfied');
  });

  it('to a running job has no exit code yet', () => {
    const exchange = get('job-running');
    const expected = isOther ? { states: ['FAILED'], exit: SIGNAL(53) } : { states: ['RUNNING'], exit: null };
    expect(readQueueJobs(bodyOf(exchange), user)?.[0]).toMatchObject({ name: 'ok', ...expected });
  });

  it('to a job that was cancelled before it started has no start', () => {
    const exchange = get('job-dep-killed');
    expect(readQueueJobs(bodyOf(exchange), user)?.[0]).toMatchObject({
      states: ['CANCELLED'],
      startedAt: null,
    });
  });

  it('to an array is its tasks and the rest that waits', () => {
    const running = get('job-array-running');
    const rest = readQueueJobs(bodyOf(running), user)?.find(({ key }) => key.kind === 'pending');
    expect(rest).toMatchObject({
      key: { arrayId: asked(running), indices: expect.stringMatching(/^\d-5$/) },
    });
    const done = get('job-array-done');
    const tasks = readQueueJobs(bodyOf(done), user) ?? [];
    const exits = tasks.flatMap(({ key, states, exit }) =>
      key.kind === 'task' && key.arrayId === asked(done) ? [[key.index, states[0], exit?.status]] : [],
    );
    expect(exits.sort()).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => [at, at === 2 ? 'FAILED' : 'COMPLETED', at === 2 ? 9 : 0]),
    );
  });

  it('to a job that is not there is nothing, from the queue, from accounting, and when it is cancelled', () => {
    expect(sorted(get('job-unknown'))).toEqual({ kind: 'nothing' });
    expect(sorted(get('cancel-unknown'))).toEqual({ kind: 'nothing' });
    const accounted = sorted(get('db-job-unknown'));
    expect(accounted.kind === 'answer' ? readAccountedJobs(accounted.body, user) : []).toEqual([]);
  });

  it.each([
    'cancel',
    'cancel-array',
    'cancel-array-task',
    'cancel-already-done',
    'cancel-held',
    'cancel-dep-never',
  ])('to %s is no refusal', (name) => {
    expect(readCancelRefusal(bodyOf(get(name)))).toBeNull();
  });

  it("to a cancellation of somebody else's job is a refusal where the version tells it", () => {
    const exchange = get('cancel-other-user');
    if (is2205)
      expect(sorted(exchange)).toEqual({ kind: 'refused', reason: 'Access/permission denied (2002)' });
    else if (isOther || /v0\.0\.4[01]$/.test(origin)) expect(readCancelRefusal(bodyOf(exchange))).toBeNull();
    else expect(readCancelRefusal(bodyOf(exchange))).toMatch(/^\d+: Access\/permission denied \(2002\)$/);
  });

  it.each([
    ['db-job-ok', 'ok', isOther ? noFile : { states: ['COMPLETED'], exit: EXIT(0) }],
    ['db-job-failed', 'exit3', { states: ['FAILED'], exit: is2205 ? null : EXIT(3) }],
    ['db-job-signal', 'segv', { states: ['FAILED'], exit: SIGNAL(11) }],
    ['db-job-oom', 'oom', { states: ['FAILED'], exit: SIGNAL(9) }],
    ['db-job-timeout', 'tlimit', { states: ['TIMEOUT'], exit: EXIT(0) }],
    ['db-job-cancelled', 'long', { states: ['CANCELLED'] }],
  ])('to %s is what accounting kept, without its lies', (name, jobName, expected) => {
    const exchange = get(name);
    const job = rowOf(readAccountedJobs(bodyOf(exchange), user), asked(exchange));
    expect(job).toMatchObject({ key: { kind: 'single', id: asked(exchange) }, name: jobName, ...expected });
    expect(job?.startedAt).toEqual(new Date(exchange.body.jobs[0].time.start * 1000));
    expect(job?.usage.elapsedSeconds).toBe(exchange.body.jobs[0].time.elapsed);
    expect(job?.usage.cpuSeconds).toBeCloseTo(
      exchange.body.jobs[0].steps[0].time.total.microseconds / 1e6,
      6,
    );
    const peak = /"type":"mem","name":[^,]*,"id":2,"count":(\d+),"task"/.exec(exchange.text)?.[1];
    expect(job?.usage.peakMemoryMb).toBe(
      peak === undefined ? undefined : Math.ceil(Number(peak) / 1_048_576),
    );
  });

  it('to a query of accounting for an array is its tasks', () => {
    const exchange = get('db-job-array');
    const tasks = readAccountedJobs(bodyOf(exchange), user) ?? [];
    expect(tasks.map(({ key }) => (key.kind === 'task' ? [key.arrayId, key.index] : key)).sort()).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => [asked(exchange), at]),
    );
    const failed = tasks.find(({ states }) => states[0] === 'FAILED');
    expect(failed).toMatchObject({ key: { index: 2 }, exit: is2205 ? null : EXIT(9) });
  });

  it('to a query of accounting for an array that waits is the indices in its bitmap', () => {
    const [job] = readAccountedJobs(bodyOf(get('db-array-pending')), 'astro') ?? [];
    expect(job).toMatchObject({
      key: { kind: 'pending', indices: '0-4,9,20,22,24,26,28,30' },
      states: ['PENDING'],
      exit: null,
      startedAt: null,
    });
  });

  it("is nobody else's accounts", () => {
    expect(readAccountedJobs(bodyOf(get('db-jobs')), 'nobody')).toEqual([]);
    expect(readQueueJobs(bodyOf(get('job-completed')), 'nobody')).toEqual([]);
  });

  it('about itself is its version, its partitions and its clock', () => {
    expect(readServerFacts(bodyOf(get('ping')))).toEqual({
      release: expect.stringContaining(release),
      cluster: is2205 ? '' : expect.stringContaining('lab'),
      keepsAccounts: true,
    });
    expect(readPartitions(bodyOf(get('partitions')))).toEqual([
      { name: 'debug', isUp: true, maxMinutes: 60 },
      { name: 'batch', isUp: true, maxMinutes: 10_080 },
      { name: 'small', isUp: true, maxMinutes: 10 },
    ]);
    expect(readServerTime(bodyOf(get('diag')))).toBeGreaterThan(1_700_000_000);
  });

  it('when nothing changed since is told from an empty queue', () => {
    const reply = sorted(get('jobs-unchanged'));
    if (is2205) expect(reply).toEqual({ kind: 'unchanged' });
    // Seconds alone are refused here, `uts…` is not.
    else if (/v0\.0\.4[01]$/.test(origin)) expect(reply.kind).toBe('refused');
    else expect(reply).toMatchObject({ kind: 'answer', body: { jobs: [] } });
  });
});
