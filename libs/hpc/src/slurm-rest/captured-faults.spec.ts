import type { SlurmJob } from '../slurm/slurm-client.js';

import { readQueueJobs } from './queue-jobs.js';
import { readSiteLimits } from './site-answers.js';
import { sortReply, type SortedReply } from './sort-reply.js';
import { readStateRows } from './state-rows.js';

import { captured, ORIGINS, replyOf, type Captured } from './testing/captured.js';

const PLAIN = ORIGINS.filter((origin) => /^\d+\.\d+-v0\.0\.\d+$/.test(origin));

const sorted = (exchange: Captured): SortedReply => sortReply(replyOf(exchange));
const bodyOf = (exchange: Captured): unknown => {
  const reply = sorted(exchange);
  if (reply.kind !== 'answer')
    throw new Error(`${exchange.origin}/${exchange.name} is ${JSON.stringify(reply)}`);
  return reply.body;
};
const SIGNAL = (signal: number): object => ({ status: 0, signal });

describe('what a slurmrestd without its daemons answered', () => {
  it.each([
    ['22.05-v0.0.38-faults', 'ctld-down-jobs', 'silence'],
    ['22.05-v0.0.38-faults', 'ctld-down-submit', 'later'],
    ['22.05-v0.0.38-faults', 'ctld-down-cancel', 'later'],
    ['22.05-v0.0.38-faults', 'db-down', 'later'],
    ['22.05-v0.0.38-faults', 'db-frozen', 'later'],
    ['24.11-v0.0.42-faults', 'ctld-down-jobs', 'later'],
    ['24.11-v0.0.42-faults', 'ctld-down-submit', 'later'],
    // "Operation not permitted" proves nothing.
    ['24.11-v0.0.42-faults', 'ctld-down-cancel', 'silence'],
    ['24.11-v0.0.42-faults', 'db-down', 'later'],
    ['22.05-v0.0.38-faults', 'submit-while-dbd-down', 'answer'],
    ['24.11-v0.0.42-faults', 'submit-while-dbd-down', 'answer'],
  ])('%s %s is %s', (origin, name, kind) => {
    expect(sorted(captured(origin, name)).kind).toBe(kind);
  });

  it('a job whose node went down was requeued by 22.05 although it was asked not to, and failed on 24.11', () => {
    const stateOf = (origin: string): SlurmJob | undefined =>
      readQueueJobs(bodyOf(captured(origin, 'job-node-fail-no-requeue')))?.[0];
    expect(stateOf('22.05-v0.0.38-faults')).toMatchObject({
      states: ['PENDING'],
      reason: 'BeginTime',
      exit: null,
    });
    expect(stateOf('24.11-v0.0.42-faults')?.states).toContain('NODE_FAIL');
  });

  it('an out-of-memory kill by a control group is its own state, with signal 125', () => {
    const job = readQueueJobs(bodyOf(captured('22.05-v0.0.38-cgroup-oom', 'job')))?.[0];
    expect(job).toMatchObject({ states: ['OUT_OF_MEMORY'], exit: SIGNAL(125) });
  });
});

describe('the list of states', () => {
  it('names a task after its array in v0.0.40, and after its own record in all later versions', () => {
    const first = (origin: string): unknown =>
      readStateRows(bodyOf(captured(origin, 'state-mid-array')))?.find(
        ({ states }) => states[0] === 'RUNNING',
      );
    const array = 29;
    expect(first('24.11-v0.0.40')).toMatchObject({ record: array });
    expect(first('24.11-v0.0.41')).not.toMatchObject({ record: array });
    expect(first('24.11-v0.0.42')).not.toMatchObject({ record: array });
  });

  it('of an unknown job is empty', () => {
    for (const origin of PLAIN.filter((name) => !name.startsWith('22.05')))
      expect(readStateRows(bodyOf(captured(origin, 'state-unknown')))).toEqual([]);
  });

  it('of two thousand jobs is a small answer', () => {
    const rows = readStateRows(bodyOf(captured('24.11-v0.0.42', 'jobs-state')));
    expect(rows).toContainEqual({ record: 28, index: null, states: ['CANCELLED'] });
    expect(rows?.every(({ states }) => states[0] === 'COMPLETED' || states[0] === 'CANCELLED')).toBe(true);
  });
});

it('v0.0.45 tells the limits of the site', () => {
  expect(readSiteLimits(bodyOf(captured('26.05-v0.0.45', 'conf')))).toEqual({
    maxArraySize: 20_001,
    messageTimeoutSeconds: 30,
  });
});
