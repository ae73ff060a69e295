import fc from 'fast-check';
import { FAILURE_CLASSES, type FailureClass } from './failure-class.js';
import {
  decideRetry,
  DEFAULT_RETRY_POLICY,
  MAX_BACKOFF_SECONDS,
  parseRetryPolicy,
  type RetryPolicy,
} from './retry-policy.js';

const RESOURCES = { cpus: 2, memoryMb: 1000, walltimeMinutes: 11 };
const CAPS = { maxMemoryMb: 3000, maxWalltimeMinutes: 20 };

const decide = (
  failureClass: FailureClass,
  failureCount = 1,
  policy: RetryPolicy = DEFAULT_RETRY_POLICY,
  resources = RESOURCES,
) => decideRetry({ failureClass, failureCount, policy, resources, caps: CAPS });

describe('decideRetry', () => {
  it.each<[FailureClass, ReturnType<typeof decideRetry>]>([
    ['INFRASTRUCTURE', { retry: true, delaySeconds: 10, resources: RESOURCES }],
    ['TRANSIENT', { retry: true, delaySeconds: 10, resources: RESOURCES }],
    ['COLLECTION', { retry: true, delaySeconds: 10, resources: RESOURCES }],
    ['MEMORY', { retry: true, delaySeconds: 0, resources: { ...RESOURCES, memoryMb: 2000 } }],
    ['WALLTIME', { retry: true, delaySeconds: 0, resources: { ...RESOURCES, walltimeMinutes: 17 } }],
    ['STAGING', { retry: false, reason: 'STAGING is not retried' }],
    ['SOFTWARE', { retry: false, reason: 'SOFTWARE is not retried' }],
    ['BAD_DATA', { retry: false, reason: 'BAD_DATA is not retried' }],
    ['CONTRACT', { retry: false, reason: 'CONTRACT is not retried' }],
    ['CANCELLED_EXTERNALLY', { retry: false, reason: 'CANCELLED_EXTERNALLY is not retried' }],
  ])('after a first %s decides by the table', (failureClass, decision) => {
    expect(decide(failureClass)).toEqual(decision);
  });

  it('doubles the wait for every failure, up to an hour', () => {
    const patient = { ...DEFAULT_RETRY_POLICY, maxAttempts: 100 };

    const delays = [1, 2, 3, 4, 50].map((count) => decide('TRANSIENT', count, patient));

    expect(delays.map((decision) => decision.retry && decision.delaySeconds)).toEqual([
      10,
      20,
      40,
      80,
      MAX_BACKOFF_SECONDS,
    ]);
  });

  it('gives up when the attempts are used up', () => {
    expect([2, 3, 4].map((count) => decide('INFRASTRUCTURE', count))).toEqual([
      { retry: true, delaySeconds: 20, resources: RESOURCES },
      { retry: false, reason: 'all 3 attempts are used up' },
      { retry: false, reason: 'all 3 attempts are used up' },
    ]);
  });

  it('grows to the cap, then gives up', () => {
    expect(decide('MEMORY', 1, DEFAULT_RETRY_POLICY, { ...RESOURCES, memoryMb: 2000 })).toEqual({
      retry: true,
      delaySeconds: 0,
      resources: { ...RESOURCES, memoryMb: 3000 },
    });
    expect(decide('MEMORY', 1, DEFAULT_RETRY_POLICY, { ...RESOURCES, memoryMb: 3000 })).toEqual({
      retry: false,
      reason: 'memory is at its cap already',
    });
    expect(decide('WALLTIME', 1, DEFAULT_RETRY_POLICY, { ...RESOURCES, walltimeMinutes: 20 })).toEqual({
      retry: false,
      reason: 'walltime is at its cap already',
    });
  });

  it('lets a step decide otherwise, per class', () => {
    const policy = parseRetryPolicy({
      classes: {
        SOFTWARE: { retry: true, backoff_seconds: 60, max_attempts: 5 },
        INFRASTRUCTURE: { retry: false },
      },
    });

    expect(decide('SOFTWARE', 4, policy)).toEqual({ retry: true, delaySeconds: 480, resources: RESOURCES });
    expect(decide('INFRASTRUCTURE', 1, policy)).toEqual({
      retry: false,
      reason: 'INFRASTRUCTURE is not retried',
    });
  });

  it('never asks for more than the caps, for less than before, or for another try forever', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FAILURE_CLASSES),
        fc.integer({ min: 1, max: 10 }),
        fc.record({ cpus: fc.nat(64), memoryMb: fc.nat(10_000), walltimeMinutes: fc.nat(10_000) }),
        fc.record({ maxMemoryMb: fc.nat(10_000), maxWalltimeMinutes: fc.nat(10_000) }),
        (failureClass, failureCount, resources, caps) => {
          const decision = decideRetry({
            failureClass,
            failureCount,
            policy: DEFAULT_RETRY_POLICY,
            resources,
            caps,
          });
          if (!decision.retry) return;
          expect(failureCount).toBeLessThan(DEFAULT_RETRY_POLICY.maxAttempts);
          expect(decision.resources.memoryMb).toBeGreaterThanOrEqual(resources.memoryMb);
          expect(decision.resources.memoryMb).toBeLessThanOrEqual(
            Math.max(caps.maxMemoryMb, resources.memoryMb),
          );
          expect(decision.resources.walltimeMinutes).toBeGreaterThanOrEqual(resources.walltimeMinutes);
          expect(decision.resources.walltimeMinutes).toBeLessThanOrEqual(
            Math.max(caps.maxWalltimeMinutes, resources.walltimeMinutes),
          );
        },
      ),
    );
  });
});

describe('parseRetryPolicy', () => {
  it('is the default when nothing is said', () => {
    expect([parseRetryPolicy({}), parseRetryPolicy(undefined), parseRetryPolicy(null)]).toEqual([
      DEFAULT_RETRY_POLICY,
      DEFAULT_RETRY_POLICY,
      DEFAULT_RETRY_POLICY,
    ]);
  });

  it('reads every member', () => {
    expect(
      parseRetryPolicy({
        max_attempts: 7,
        backoff_seconds: 1.5,
        classes: { BAD_DATA: { retry: true, max_attempts: 2 } },
      }),
    ).toEqual({
      maxAttempts: 7,
      backoffSeconds: 1.5,
      classes: { BAD_DATA: { retry: true, maxAttempts: 2 } },
    });
  });

  it('names all that is wrong at once', () => {
    const parse = () =>
      parseRetryPolicy({
        max_attempts: 0,
        backoff_seconds: '1',
        often: 1,
        classes: { SOFTWARE: { retry: 'yes', wait: 1 }, OOPS: {}, MEMORY: 1 },
      });

    expect(parse).toThrow(
      expect.objectContaining({
        code: 'retry.invalid',
        problems: [
          '/often',
          '/classes/SOFTWARE/wait',
          '/classes/SOFTWARE/retry',
          '/classes/OOPS',
          '/classes/MEMORY',
          '/max_attempts',
          '/backoff_seconds',
        ].map((path) => expect.objectContaining({ code: 'retry.invalid', path })),
      }),
    );
  });

  it('returns a policy or throws a DomainError, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (json) => {
        try {
          expect(parseRetryPolicy(json).maxAttempts).toBeGreaterThanOrEqual(1);
        } catch (error) {
          expect(error).toMatchObject({ code: 'retry.invalid' });
        }
      }),
    );
  });
});
