import { neverStartsBecause, observationOf } from './job-states.js';
import type { SlurmExit, SlurmJob } from './slurm-client.js';

const job = (states: readonly string[], change: Partial<SlurmJob> = {}): SlurmJob => ({
  key: { kind: 'single', id: 7 },
  name: '',
  states,
  reason: null,
  exit: null,
  startedAt: null,
  usage: {},
  ...change,
});

const exited = (status: number, signal = 0): SlurmExit => ({ status, signal });

it.each([
  [['PENDING'], 'queued'],
  [['PENDING', 'REQUEUED'], 'queued'],
  [['REQUEUE_HOLD'], 'queued'],
  [['CONFIGURING'], 'running'],
  [['RUNNING'], 'running'],
  [['SUSPENDED'], 'running'],
  [['COMPLETING'], 'running'],
  [['COMPLETED', 'COMPLETING'], 'running'],
  [['CANCELLED', 'COMPLETING'], 'running'],
  [['RUNNING', 'SIGNALING'], 'running'],
  [[], 'unknown'],
  [['REVOKED'], 'unknown'],
  [['COMPLETED', 'FAILED'], 'unknown'],
  [['COMPLETED', 'SOMETHING_NEW'], 'unknown'],
  [['compl'], 'unknown'],
  [['toString'], 'unknown'],
])('a job in %j is %s', (states, kind) => {
  expect(observationOf(job(states)).kind).toBe(kind);
});

it.each([
  ['COMPLETED', null, 'COMPLETED', 0],
  ['COMPLETED', exited(0), 'COMPLETED', 0],
  ['FAILED', exited(3), 'FAILED', 3],
  ['FAILED', exited(0, 9), 'FAILED', 137],
  ['FAILED', null, 'FAILED', null],
  ['OUT_OF_MEMORY', exited(0, 125), 'OUT_OF_MEMORY', 253],
  ['TIMEOUT', exited(0, 15), 'TIMEOUT', 143],
  ['DEADLINE', null, 'TIMEOUT', null],
  ['NODE_FAIL', null, 'NODE_FAIL', null],
  ['BOOT_FAIL', null, 'NODE_FAIL', null],
  ['PREEMPTED', null, 'NODE_FAIL', null],
  ['CANCELLED', exited(0, 15), 'CANCELLED', 143],
  ['FAILED LAUNCH_FAILED', null, 'LAUNCH_FAILED', null],
  ['COMPLETED UPDATE_DB', exited(0), 'COMPLETED', 0],
])('a job that ended as %s with %j counts as %s with exit code %j', (states, exit, state, exitCode) => {
  expect(observationOf(job(states.split(' '), { exit }))).toEqual({
    kind: 'finished',
    state,
    exitCode,
    usage: {},
  });
});

it('an ended job keeps a reason that says something about its end, and not what it once waited for', () => {
  const reasonOf = (reason: string): string | undefined => {
    const seen = observationOf(job(['FAILED'], { reason, exit: exited(1) }));
    return seen.kind === 'finished' ? seen.reason : 'not finished';
  };
  expect(
    ['RaisedSignal:9', 'JobLaunchFailure', 'NodeDown', 'Priority', 'NonZeroExitCode'].map(reasonOf),
  ).toEqual([undefined, 'JobLaunchFailure', 'NodeDown', undefined, undefined]);
});

it.each([
  ['PENDING', 'PartitionTimeLimit', 'PartitionTimeLimit'],
  ['PENDING', 'DependencyNeverSatisfied', 'DependencyNeverSatisfied'],
  ['PENDING', 'Resources', null],
  ['RUNNING', 'PartitionTimeLimit', null],
])('a job that is %s for %s never starts because of %j', (state, reason, never) => {
  expect(neverStartsBecause(job([state], { reason }))).toBe(never);
});
