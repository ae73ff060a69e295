import type { Resources } from '../execution/job.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject } from '../shared/json.js';
import { FAILURE_CLASSES, type FailureClass } from './failure-class.js';

/** What a step says about one class of failure; absent members fall back to the step's, then to RETRY_RULES. */
export interface ClassRetry {
  readonly retry?: boolean;
  readonly maxAttempts?: number;
  readonly backoffSeconds?: number;
}

export interface RetryPolicy {
  /** How often a run may be tried in all, the first time included. */
  readonly maxAttempts: number;
  /** Wait before the first retry; doubled for each one after it. */
  readonly backoffSeconds: number;
  readonly classes: Readonly<Partial<Record<FailureClass, ClassRetry>>>;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 3, backoffSeconds: 10, classes: {} };

/** Back-off never grows beyond this. */
export const MAX_BACKOFF_SECONDS = 3600;

/**
 * What happens by default after a failure of each class. docs/run-states.md is generated from this table.
 *
 * STAGING is not retried: a source file that vanished does not come back by itself. COLLECTION is: the outputs were
 * lost between the node and the disk, so running again makes them again.
 */
export const RETRY_RULES = {
  INFRASTRUCTURE: { retry: true, waits: true, grows: null },
  TRANSIENT: { retry: true, waits: true, grows: null },
  COLLECTION: { retry: true, waits: true, grows: null },
  MEMORY: { retry: true, waits: false, grows: 'memory' },
  WALLTIME: { retry: true, waits: false, grows: 'walltime' },
  STAGING: { retry: false, waits: true, grows: null },
  SOFTWARE: { retry: false, waits: true, grows: null },
  BAD_DATA: { retry: false, waits: true, grows: null },
  CONTRACT: { retry: false, waits: true, grows: null },
  CANCELLED_EXTERNALLY: { retry: false, waits: true, grows: null },
} as const satisfies Record<
  FailureClass,
  { retry: boolean; waits: boolean; grows: 'memory' | 'walltime' | null }
>;

const MEMORY_FACTOR = 2;
const WALLTIME_FACTOR = 1.5;

/** The most a retry may ask for, however often it failed. */
export interface ResourceCaps {
  readonly maxMemoryMb: number;
  readonly maxWalltimeMinutes: number;
}

export type RetryDecision =
  | { readonly retry: true; readonly delaySeconds: number; readonly resources: Resources }
  | { readonly retry: false; readonly reason: string };

/** Whether, when and with what a run is tried again. `failureCount` includes the failure that is being decided on. */
export function decideRetry(failure: {
  readonly failureClass: FailureClass;
  readonly failureCount: number;
  readonly policy: RetryPolicy;
  readonly resources: Resources;
  readonly caps: ResourceCaps;
}): RetryDecision {
  const { failureClass, failureCount, policy, resources, caps } = failure;
  const rule = RETRY_RULES[failureClass];
  const override = policy.classes[failureClass] ?? {};
  if (!(override.retry ?? rule.retry)) return { retry: false, reason: `${failureClass} is not retried` };
  const maxAttempts = override.maxAttempts ?? policy.maxAttempts;
  if (failureCount >= maxAttempts) return { retry: false, reason: `all ${maxAttempts} attempts are used up` };
  const grown = grow(rule.grows, resources, caps);
  if (grown === null) return { retry: false, reason: `${failureClass.toLowerCase()} is at its cap already` };
  const backoff = override.backoffSeconds ?? policy.backoffSeconds;
  const delaySeconds = rule.waits
    ? Math.min(backoff * 2 ** Math.max(failureCount - 1, 0), MAX_BACKOFF_SECONDS)
    : 0;
  return { retry: true, delaySeconds, resources: grown };
}

/** Null when the cap leaves nothing to grow: the same failure would only come again. */
function grow(
  grows: 'memory' | 'walltime' | null,
  resources: Resources,
  caps: ResourceCaps,
): Resources | null {
  switch (grows) {
    case null:
      return resources;
    case 'memory': {
      const memoryMb = Math.min(resources.memoryMb * MEMORY_FACTOR, caps.maxMemoryMb);
      return memoryMb > resources.memoryMb ? { ...resources, memoryMb } : null;
    }
    case 'walltime': {
      const walltimeMinutes = Math.min(
        Math.ceil(resources.walltimeMinutes * WALLTIME_FACTOR),
        caps.maxWalltimeMinutes,
      );
      return walltimeMinutes > resources.walltimeMinutes ? { ...resources, walltimeMinutes } : null;
    }
  }
}

/**
 * A step's `retry` document: `{max_attempts, backoff_seconds, classes: {<CLASS>: {retry, max_attempts, backoff_seconds}}}`, every member optional.
 *
 * @throws DomainError `retry.invalid` with every problem at once.
 */
export function parseRetryPolicy(json: unknown): RetryPolicy {
  const problems: Problem[] = [];
  const policy = readPolicy(json ?? {}, problems);
  if (problems.length > 0) {
    throw new DomainError({
      kind: 'invalid',
      code: 'retry.invalid',
      message: `the retry policy is not valid: ${problems.map((problem) => problem.message).join('; ')}`,
      action: 'correct the retry policy of the step',
      problems,
    });
  }
  return policy;
}

function readPolicy(json: unknown, problems: Problem[]): RetryPolicy {
  if (!isJsonObject(json)) {
    problems.push(problem('', 'the retry policy is an object'));
    return DEFAULT_RETRY_POLICY;
  }
  reportUnknownKeys(json, ['max_attempts', 'backoff_seconds', 'classes'], '', problems);
  const classes: Partial<Record<FailureClass, ClassRetry>> = {};
  const byClass = json['classes'] ?? {};
  if (!isJsonObject(byClass)) problems.push(problem('/classes', 'classes is an object'));
  else
    for (const [name, value] of Object.entries(byClass)) {
      const failureClass = FAILURE_CLASSES.find((known) => known === name);
      if (failureClass === undefined)
        problems.push(problem(`/classes/${name}`, `${name} is not a failure class`));
      else classes[failureClass] = readClassRetry(value, `/classes/${name}`, problems);
    }
  return {
    maxAttempts:
      readNumber(json['max_attempts'], { path: '/max_attempts', least: 1, whole: true }, problems) ??
      DEFAULT_RETRY_POLICY.maxAttempts,
    backoffSeconds:
      readNumber(json['backoff_seconds'], { path: '/backoff_seconds', least: 0, whole: false }, problems) ??
      DEFAULT_RETRY_POLICY.backoffSeconds,
    classes,
  };
}

function readClassRetry(value: unknown, path: string, problems: Problem[]): ClassRetry {
  if (!isJsonObject(value)) {
    problems.push(problem(path, 'what to do after a failure is an object'));
    return {};
  }
  reportUnknownKeys(value, ['retry', 'max_attempts', 'backoff_seconds'], path, problems);
  const retry = value['retry'];
  if (retry !== undefined && typeof retry !== 'boolean')
    problems.push(problem(`${path}/retry`, 'retry is true or false'));
  const maxAttempts = readNumber(
    value['max_attempts'],
    { path: `${path}/max_attempts`, least: 1, whole: true },
    problems,
  );
  const backoffSeconds = readNumber(
    value['backoff_seconds'],
    { path: `${path}/backoff_seconds`, least: 0, whole: false },
    problems,
  );
  return {
    ...(typeof retry === 'boolean' ? { retry } : {}),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(backoffSeconds === undefined ? {} : { backoffSeconds }),
  };
}

function readNumber(
  value: unknown,
  bounds: { path: string; least: number; whole: boolean },
  problems: Problem[],
): number | undefined {
  if (value === undefined) return undefined;
  const isGood =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= bounds.least &&
    (!bounds.whole || Number.isInteger(value));
  if (isGood) return value;
  problems.push(
    problem(
      bounds.path,
      `${bounds.path.slice(1)} is a ${bounds.whole ? 'whole ' : ''}number of at least ${bounds.least}`,
    ),
  );
  return undefined;
}

function reportUnknownKeys(
  object: object,
  known: readonly string[],
  path: string,
  problems: Problem[],
): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key))
      problems.push(problem(`${path}/${key}`, `${key} is unknown here; known are ${known.join(', ')}`));
  }
}

const problem = (path: string, message: string): Problem => ({ code: 'retry.invalid', path, message });
