import { SlurmRefusal, SlurmSilence, SlurmUnreachable, type SlurmJob } from '../slurm/slurm-client.js';
import { cancelErrorOf, errorOf } from './complaints.js';
import { parseAcceptance } from './parse-acceptance.js';
import { parseAccounting } from './parse-accounting.js';
import { parseQueue } from './parse-queue.js';
import { parseConfig, parsePartitions } from './parse-site.js';
import { answers, only, SEPARATOR, VERSIONS } from './testing/captures.js';

const look = ({ states, reason, exit }: SlurmJob) => ({ states, reason, exit });
const task = (arrayId: number, index: number) =>
  expect.objectContaining({ kind: 'task', arrayId, index }) as unknown;

describe.each(VERSIONS)('the queue of Slurm %s', (version) => {
  const jobs = parseQueue(only(version, 'queue-names').stdout, SEPARATOR, true);
  const named = (name: string): SlurmJob[] => jobs.filter((job) => job.name === name);
  const one = (name: string): SlurmJob => {
    const [job, ...others] = named(name);
    if (job === undefined || others.length > 0) throw new Error(`${name}: ${JSON.stringify(named(name))}`);
    return job;
  };

  it('tells how every job ended', () => {
    expect(look(one('ok'))).toEqual({ states: ['COMPLETED'], reason: null, exit: { status: 0, signal: 0 } });
    expect(look(one('seven'))).toEqual({
      states: ['FAILED'],
      reason: 'NonZeroExitCode',
      exit: { status: 7, signal: 0 },
    });
    expect(one('segv')).toMatchObject({ states: ['FAILED'], exit: { signal: 11 } });
    expect(one('oom')).toMatchObject({ states: ['FAILED'], exit: { signal: 9 } });
    expect(one('no-output')).toMatchObject({ states: ['FAILED'], exit: { signal: 53 } });
    expect(one('limit')).toMatchObject({ states: ['TIMEOUT'], reason: 'TimeLimit' });
    expect(one('cancelled')).toMatchObject({ states: ['CANCELLED'] });
    expect(one('held-then-cancelled')).toMatchObject({
      states: ['CANCELLED'],
      exit: { status: 0, signal: 0 },
    });
  });

  it('tells why jobs wait, and gives them no exit code', () => {
    expect(look(one('held'))).toEqual({ states: ['PENDING'], reason: 'JobHeldUser', exit: null });
    expect(look(one('never'))).toEqual({ states: ['PENDING'], reason: 'PartitionTimeLimit', exit: null });
    expect(one('held').startedAt).toBeNull();
  });

  it('tells the tasks of an array apart', () => {
    const tasks = named('mrd-fixture-100-1');
    expect(tasks).toHaveLength(10);
    for (const { key, exit, states } of tasks) {
      if (key.kind !== 'task') throw new Error(JSON.stringify(key));
      expect(exit).toEqual({ status: key.index, signal: 0 });
      expect(states).toEqual([key.index === 0 ? 'COMPLETED' : 'FAILED']);
    }
  });

  it('keeps the tasks that wait together, with all of their indices', () => {
    expect(one('sparse').key).toEqual({ kind: 'pending', arrayId: 9, indices: '1-898:3' });
    expect(named('mixed').map(({ key, states }) => [key, states])).toEqual(
      expect.arrayContaining([
        [{ kind: 'pending', arrayId: 10, indices: '1-3,7' }, ['PENDING']],
        [task(10, 0), ['RUNNING']],
      ]),
    );
  });

  it('keeps names as they were given', () => {
    expect(one('a|b, "c" %j\nnew line ü')).toMatchObject({ states: ['COMPLETED'], key: { kind: 'single' } });
  });

  it('is the same without names', () => {
    const unnamed = parseQueue(only(version, 'queue').stdout, SEPARATOR, false);
    expect(unnamed).toEqual(jobs.map((job) => ({ ...job, name: '' })));
  });

  it('can be empty', () => {
    expect(parseQueue(only(version, 'queue-empty').stdout, SEPARATOR, true)).toEqual([]);
  });
});

describe.each(VERSIONS)('the accounting of Slurm %s', (version) => {
  const since = parseAccounting(only(version, 'accounting-since').stdout, SEPARATOR);
  const byIds = parseAccounting(only(version, 'accounting-ids').stdout, SEPARATOR);
  const one = (jobs: SlurmJob[], name: string): SlurmJob => {
    const [job, ...others] = jobs.filter((candidate) => candidate.name === name);
    if (job === undefined || others.length > 0)
      throw new Error(`${name} is there ${others.length + 1} times`);
    return job;
  };

  it.each([
    ['ok', 'COMPLETED', { status: 0, signal: 0 }],
    ['seven', 'FAILED', { status: 7, signal: 0 }],
    ['segv', 'FAILED', { status: 0, signal: 11 }],
    ['oom', 'FAILED', { status: 0, signal: 9 }],
    ['no-output', 'FAILED', { status: 0, signal: 53 }],
    ['limit', 'TIMEOUT', { status: 0, signal: 0 }],
    ['cancelled', 'CANCELLED', expect.anything()],
    ['held-then-cancelled', 'CANCELLED', expect.anything()],
    ['never', 'PENDING', null],
  ])('%s is %s', (name, state, exit) => {
    for (const jobs of [since, byIds]) expect(one(jobs, name)).toMatchObject({ states: [state], exit });
  });

  it('has the time that jobs took, and the memory of their steps', () => {
    expect(one(since, 'ok').usage).toMatchObject({ elapsedSeconds: expect.any(Number) as number });
    expect(one(since, 'oom').usage.peakMemoryMb).toBeGreaterThan(20);
    expect(one(since, 'limit').usage.elapsedSeconds).toBeGreaterThanOrEqual(60);
    expect(one(since, 'held-then-cancelled').usage).toEqual({});
    expect(one(since, 'ok').startedAt?.getTime()).toBeGreaterThan(1.7e12);
  });

  it('has every task of an array by the id of the array', () => {
    const tasks = byIds.filter(({ name }) => name === 'mrd-fixture-100-1');
    expect(
      tasks.map(({ key, exit }) => (key.kind === 'task' ? [key.arrayId, key.index, exit?.status] : key)),
    ).toEqual(Array.from({ length: 10 }, (_, index) => [8, index, index]));
  });

  it('has no rows for steps', () => {
    expect(since.filter(({ name }) => name === 'batch')).toEqual([]);
  });

  it('can be empty', () => {
    expect(parseAccounting(only(version, 'accounting-empty').stdout, SEPARATOR)).toEqual([]);
  });
});

describe.each(VERSIONS)('Slurm %s as it describes itself', (version) => {
  const siteOf = (name: string) => {
    const [config, partitions] = answers(version, name).slice(-2);
    return {
      ...parseConfig(config?.stdout ?? ''),
      partitions: parsePartitions(partitions?.stdout ?? '', SEPARATOR),
    };
  };

  it('has a version, limits and partitions', () => {
    expect(siteOf('site')).toEqual({
      version: expect.stringMatching(`^${version}\\.\\d+$`) as string,
      cluster: 'lab',
      hasAccounting: true,
      maxArraySize: 20_001,
      messageTimeoutSeconds: 30,
      minJobAgeSeconds: 300,
      partitions: [
        { name: 'debug', isUp: true, maxMinutes: 60 },
        { name: 'batch', isUp: true, maxMinutes: 7 * 24 * 60 },
        { name: 'small', isUp: true, maxMinutes: 10 },
      ],
    });
  });

  it('still has accounting while slurmdbd is down, and none where there is none', () => {
    expect(siteOf('site-slurmdbd-down').hasAccounting).toBe(true);
    expect(siteOf('site-without-accounting').hasAccounting).toBe(false);
  });
});

describe.each(VERSIONS)('submissions to Slurm %s', (version) => {
  it.each(['submit-accepted', 'submit-array'])('%s has a job id', (name) => {
    const { exit, stdout } = only(version, name);
    expect(exit).toBe(0);
    expect(parseAcceptance(stdout)).toBeGreaterThan(0);
  });

  it.each([
    ['refused-partition', SlurmRefusal, 'Invalid partition name specified'],
    ['refused-account', SlurmRefusal, 'Invalid account or account/partition combination specified'],
    ['refused-qos', SlurmRefusal, 'Invalid qos specification'],
    ['refused-reservation', SlurmRefusal, 'Requested reservation is invalid'],
    ['refused-constraint', SlurmRefusal, 'Invalid feature specification'],
    ['refused-memory', SlurmRefusal, 'Requested node configuration is not available'],
    ['refused-array', SlurmRefusal, 'Invalid job array specification'],
    ['refused-option', SlurmRefusal, 'Invalid --time specification'],
    ['refused-no-interpreter', SlurmRefusal, 'This does not look like a batch script'],
    ['refused-dos-lines', SlurmRefusal, 'DOS line breaks'],
    ['command-missing', SlurmUnreachable, 'No such file or directory'],
    ['controller-down-submit', SlurmUnreachable, 'Unable to contact slurm controller (connect failure)'],
    ['controller-frozen-submit', SlurmSilence, 'Socket timed out on send/recv operation'],
  ])('%s', (name, kind, text) => {
    const answer = only(version, name);
    expect(() => parseAcceptance(answer.stdout)).toThrow(SlurmSilence);
    const error = errorOf('sbatch', answer);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(text);
  });
});

it('more CPUs than any node has are refused by Slurm 24.11 alone; the others let the job wait for ever', () => {
  const refused = only('24.11', 'too-many-cpus');
  expect(errorOf('sbatch', refused)).toBeInstanceOf(SlurmRefusal);
  for (const version of ['22.05', '26.05'])
    expect(parseAcceptance(only(version, 'too-many-cpus').stdout)).toBeGreaterThan(0);
});

describe.each(VERSIONS)('other requests to Slurm %s', (version) => {
  it.each([
    ['controller-down-queue', SlurmUnreachable],
    ['controller-frozen-queue', SlurmSilence],
    ['accounting-slurmdbd-down', SlurmUnreachable],
    ['accounting-none', SlurmRefusal],
  ])('%s', (name, kind) => {
    const answer = only(version, name);
    expect(answer.exit).not.toBe(0);
    expect(errorOf('it', answer)).toBeInstanceOf(kind);
  });

  it.each([
    ['cancel', null],
    ['cancel-denied', SlurmRefusal],
    ['controller-down-cancel', SlurmUnreachable],
    ['controller-frozen-cancel', SlurmSilence],
  ])('%s', (name, kind) => {
    const error = cancelErrorOf(only(version, name));
    if (kind === null) expect(error).toBeNull();
    else expect(error).toBeInstanceOf(kind);
  });

  it('a dead controller is asked once by the health check', () => {
    for (const name of ['controller-down-site', 'controller-frozen-site'])
      expect(answers(version, name).map(({ exit }) => exit === 0)).toEqual([true, true, true, true, false]);
    expect(answers(version, 'site-commands-missing')).toHaveLength(1);
  });
});
