import { JOB_END_STATES, type JobEndState, type JobObservation } from '../execution/job.js';
import { classifyFailure, type RecordedEnd } from './classify-failure.js';
import type { FailureClass } from './failure-class.js';

const END: RecordedEnd = {
  exitCode: 0,
  wasStopped: false,
  diskWasFull: false,
  startedAt: new Date('2026-01-01T00:00:00Z'),
  endedAt: new Date('2026-01-01T00:10:00Z'),
};

const finished = (state: JobEndState, exitCode: number | null = null, reason?: string): JobObservation => ({
  kind: 'finished',
  state,
  exitCode,
  usage: {},
  ...(reason === undefined ? {} : { reason }),
});

const classify = (
  observation: JobObservation,
  record: Partial<RecordedEnd> | null,
  more: { exitCodeMap?: Record<string, unknown>; cancelRequested?: boolean } = {},
) =>
  classifyFailure({
    observation,
    record: record === null ? null : { ...END, ...record },
    walltimeMinutes: 60,
    exitCodeMap: more.exitCodeMap ?? {},
    cancelRequested: more.cancelRequested ?? false,
  });

describe('classifyFailure', () => {
  it.each<[string, JobObservation, Partial<RecordedEnd> | null, FailureClass]>([
    ['exit 1', finished('FAILED', 1), { exitCode: 1 }, 'SOFTWARE'],
    ['exit 1 on a full disk', finished('FAILED', 1), { exitCode: 1, diskWasFull: true }, 'INFRASTRUCTURE'],
    ['exit 65 on a full disk', finished('FAILED', 65), { exitCode: 65, diskWasFull: true }, 'BAD_DATA'],
    ['exit 65', finished('FAILED', 65), { exitCode: 65 }, 'BAD_DATA'],
    ['exit 75', finished('FAILED', 75), { exitCode: 75 }, 'TRANSIENT'],
    ['exit 139 (a crash)', finished('FAILED', 139), { exitCode: 139 }, 'SOFTWARE'],
    ['a program that exits with the fence code itself', finished('FAILED', 1), { exitCode: 113 }, 'SOFTWARE'],
    ['exit 1 that the site has forgotten', { kind: 'unknown' }, { exitCode: 1 }, 'SOFTWARE'],
    ['a time limit', finished('TIMEOUT'), { exitCode: 143, wasStopped: true }, 'WALLTIME'],
    ['a time limit without a record', finished('TIMEOUT'), null, 'WALLTIME'],
    ['too much memory', finished('OUT_OF_MEMORY'), { exitCode: 137 }, 'MEMORY'],
    ['too much memory without a record', finished('OUT_OF_MEMORY'), null, 'MEMORY'],
    ['too much memory in a part, hidden by exit 0', finished('OUT_OF_MEMORY'), { exitCode: 0 }, 'MEMORY'],
    ['a dead node', finished('NODE_FAIL'), null, 'INFRASTRUCTURE'],
    ['a job that never started', finished('LAUNCH_FAILED'), null, 'INFRASTRUCTURE'],
    [
      'a cancellation by somebody else',
      finished('CANCELLED'),
      { exitCode: 143, wasStopped: true },
      'CANCELLED_EXTERNALLY',
    ],
    ['success without a record', finished('COMPLETED', 0), null, 'INFRASTRUCTURE'],
    ['failure without a record', finished('FAILED', 1), null, 'INFRASTRUCTURE'],
    ['a fenced copy whose rival vanished', finished('FAILED', 113), null, 'INFRASTRUCTURE'],
    ['a requeued job', finished('FAILED', 114), null, 'INFRASTRUCTURE'],
    [
      'a requeued job whose first start was stopped for it',
      finished('FAILED', 114),
      { exitCode: 143, wasStopped: true },
      'INFRASTRUCTURE',
    ],
    [
      'a requeued job whose first start had failed by itself',
      finished('FAILED', 114),
      { exitCode: 65 },
      'BAD_DATA',
    ],
    ['a full disk', finished('FAILED', 115), null, 'INFRASTRUCTURE'],
    ['an unwritable directory', finished('FAILED', 116), null, 'INFRASTRUCTURE'],
    [
      'a stop at the time limit that the site does not explain',
      { kind: 'unknown' },
      { exitCode: 143, wasStopped: true, endedAt: new Date('2026-01-01T01:00:01Z') },
      'WALLTIME',
    ],
    [
      'an early stop that the site does not explain',
      finished('FAILED', 143),
      { exitCode: 143, wasStopped: true },
      'CANCELLED_EXTERNALLY',
    ],
  ])('calls %s by its class', (_, observation, record, failureClass) => {
    expect(classify(observation, record)?.class).toBe(failureClass);
  });

  it('believes a record of success, whatever the site says of anything but memory', () => {
    const states = JOB_END_STATES.filter((state) => state !== 'OUT_OF_MEMORY');

    expect(states.map((state) => classify(finished(state, 1), { exitCode: 0 }))).toEqual(
      states.map(() => null),
    );
    expect(classify({ kind: 'unknown' }, { exitCode: 0 })).toBeNull();
  });

  it('lets a version declare what its exit codes mean', () => {
    expect(classify(finished('FAILED', 3), { exitCode: 3 }, { exitCodeMap: { '3': 'BAD_DATA' } })).toEqual({
      class: 'BAD_DATA',
      reason: 'the program exited with code 3, which its version declares as BAD_DATA',
    });
    expect(
      classify(finished('FAILED', 75), { exitCode: 75 }, { exitCodeMap: { '75': 'SOFTWARE' } })?.class,
    ).toBe('SOFTWARE');
  });

  it('ignores a declared class that does not exist', () => {
    expect(classify(finished('FAILED', 3), { exitCode: 3 }, { exitCodeMap: { '3': 'OOPS' } })?.class).toBe(
      'SOFTWARE',
    );
  });

  it('says that a job was stopped because somebody asked for it', () => {
    expect(classify(finished('CANCELLED'), null, { cancelRequested: true })).toEqual({
      class: 'CANCELLED_EXTERNALLY',
      reason: 'the job was stopped because its cancellation was asked for',
    });
  });

  it('passes on what the site says', () => {
    expect(classify(finished('NODE_FAIL', null, 'node17 not responding'), null)?.reason).toBe(
      'the node failed, or the site took it away (the site says: node17 not responding)',
    );
    expect(classify(finished('FAILED', 115), null)?.reason).toBe(
      'the job could not write its record: is the disk full?',
    );
    expect(classify(finished('FAILED', 139), { exitCode: 139 })?.reason).toBe(
      'the program failed with exit code 139 (killed by signal 11)',
    );
  });
});
