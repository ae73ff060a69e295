import type { FaultKind } from '../ledger.js';
import type { Actor, Step } from './actor.js';
import type { DaemonName } from './daemons.js';

/** How often a statement of a daemon at work, one of a daemon that only looks, a request, a change of a disk, and a turn of the world meet a fault. */
const WORK_FAULTS = 0.11;
const LOOK_FAULTS = 0.015;
const REQUEST_FAULTS = 0.25;
const SUBMISSION_FAULTS = 0.4;
const FILE_FAULTS = 0.25;
/** Staging is very many changes, few of which would ever see its end. */
const STAGING_FAULTS = 0.004;
/** An evaluation is a transaction of very many statements, few of which would ever see its end. */
const EVALUATION_FAULTS = 0.004;
export const EVENTS = 0.005;

const AT_STATEMENTS = {
  kill_before_statement: 4,
  kill_after_statement: 4,
  connection_cut: 3,
  commit_unanswered: 3,
  daemon_suspended: 2,
  database_crashed: 1,
} as const satisfies Partial<Record<FaultKind, number>>;

const AT_REQUESTS = {
  kill_before_request: 3,
  kill_after_request: 4,
  request_lost: 3,
  reply_lost: 4,
  slow_reply: 2,
  daemon_suspended: 2,
} as const satisfies Partial<Record<FaultKind, number>>;

const AT_SUBMISSIONS = {
  kill_before_request: 2,
  kill_after_request: 4,
  request_lost: 2,
  reply_lost: 4,
  late_submission: 8,
  slow_reply: 2,
  daemon_suspended: 3,
} as const satisfies Partial<Record<FaultKind, number>>;

const AT_CHANGES = {
  kill_before_change: 3,
  kill_halfway: 2,
  kill_after_change: 4,
  change_failed: 3,
  daemon_suspended: 3,
} as const satisfies Partial<Record<FaultKind, number>>;

export const IN_THE_WORLD = {
  site_silent: 3,
  accounting_down: 3,
  disk_full: 3,
  public_disk_full: 3,
  source_changed: 4,
  clock_jumped: 3,
  user_cancelled: 2,
  database_restarted: 0.3,
  database_crashed: 0.6,
} as const satisfies Partial<Record<FaultKind, number>>;

/**
 * Where most goes wrong in a world: what is hit everywhere seldom gets as far as a result. Where results are what counts, many a transaction
 * sees its end, and daemons that only look are mostly left alone.
 */
const FOCUSES = {
  everywhere: { 'trigger-manager': 1, 'workflow-manager': 1, 'result-manager': 1, looking: 1 },
  results: { 'trigger-manager': 1, 'workflow-manager': 0.15, 'result-manager': 0.4, looking: 0.3 },
} as const satisfies Record<string, Record<DaemonName | 'looking', number>>;

export type Focus = keyof typeof FOCUSES;

type Odds = [chance: number, kinds: Partial<Record<FaultKind, number>>];

/** How likely it is that a step meets a fault, and what kinds of it are how likely. */
export function oddsOf(step: Step, actor: Actor, focus: Focus): Odds {
  const [chance, kinds] = oddsEverywhere(step, actor);
  const factors = FOCUSES[focus];
  const isLooking = step.kind === 'statement' && !actor.isAtWork;
  return [chance * factors[actor.daemon] * (isLooking ? factors.looking : 1), kinds];
}

function oddsEverywhere(step: Step, actor: Actor): Odds {
  if (step.kind === 'reply') return [0, {}];
  if (step.kind === 'file')
    return [actor.daemon === 'workflow-manager' ? STAGING_FAULTS : FILE_FAULTS, AT_CHANGES];
  if (step.kind === 'statement' && actor.daemon === 'trigger-manager')
    return [EVALUATION_FAULTS, AT_STATEMENTS];
  if (step.kind === 'statement') return [actor.isAtWork ? WORK_FAULTS : LOOK_FAULTS, AT_STATEMENTS];
  return step.jobs === undefined ? [REQUEST_FAULTS, AT_REQUESTS] : [SUBMISSION_FAULTS, AT_SUBMISSIONS];
}
