import type { JsonObject } from '../shared/json.js';
import { isKillActor } from '../kill/kill-scope.js';
import { ACTIVE_STATUSES, type RunStatus } from '../run/run-status.js';
import type { StaleCause, SubGroupState } from '../sub-group/sub-group-state.js';

/** What one look at the archive and at past runs says of a sub-group. Times in milliseconds since 1970. */
export interface SubGroupFacts {
  readonly memberCount: number;
  readonly minMembers: number;
  /** Dimensions of group_by that the members do not have. */
  readonly missingDims: readonly string[];
  readonly inputFingerprint: string;
  readonly lastMemberAt: number | null;
  readonly lastFiredAt: number | null;
  readonly settleSeconds: number;
  readonly cooldownSeconds: number;
  readonly softwareHash: string;
  readonly configHash: string;
  /** How far the inputs differ from those of the last completed run. */
  readonly inputCauses: readonly StaleCause[];
  readonly isForced: boolean;
  readonly waiver: { readonly by: string; readonly reason: string } | null;
  readonly pause: { readonly by: string; readonly reason: string } | null;
  /** Upstream sub-groups that feed this one and are not current, by step and state; empty when the step does not wait for them. */
  readonly blockedBy: readonly {
    readonly step: string;
    readonly state: SubGroupState;
    readonly count: number;
  }[];
  readonly lastRun: PastRun | null;
  readonly lastCompleted: Pick<PastRun, 'inputFingerprint' | 'softwareHash' | 'configHash'> | null;
}

export interface PastRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly inputFingerprint: string;
  readonly softwareHash: string;
  readonly configHash: string;
  readonly failureClass: string | null;
  readonly failureCount: number;
  readonly cancelledBy: string | null;
  readonly cancelReason: string | null;
}

export interface SubGroupVerdict {
  readonly state: SubGroupState;
  readonly causes: readonly StaleCause[];
  readonly detail: JsonObject;
  readonly until: number | null;
}

/**
 * The state of one sub-group: the first rule that applies, in the order written here.
 *
 * The trigger-manager runs the same rules set-based in `refresh-states.sql.ts`; a property test holds the two together,
 * and this is the one to read.
 */
export function evaluateSubGroup(facts: SubGroupFacts, now: number): SubGroupVerdict {
  const { lastRun, lastCompleted } = facts;
  if (lastRun !== null && (ACTIVE_STATUSES as readonly RunStatus[]).includes(lastRun.status)) {
    return verdict('running', [], { run_id: lastRun.id });
  }
  const causes = staleCauses(facts);
  const isWanted = lastCompleted === null || causes.length > 0;
  if (!isWanted && facts.blockedBy.length === 0) return verdict('current', []);
  if (facts.waiver !== null) return verdict('waived', causes, { ...facts.waiver });
  if (facts.blockedBy.length > 0)
    return verdict('blocked', causes, { blocked_by: facts.blockedBy.map((by) => ({ ...by })) });
  if (facts.missingDims.length > 0)
    return verdict('incomplete', causes, { missing_dims: [...facts.missingDims] });
  if (facts.memberCount < facts.minMembers) {
    return verdict('incomplete', causes, { members: facts.memberCount, needed: facts.minMembers });
  }
  return pastFailure(facts, causes) ?? waitOrFire(facts, causes, now);
}

/** A run that ended badly on exactly these inputs with exactly this recipe would only do so again. */
function pastFailure(facts: SubGroupFacts, causes: readonly StaleCause[]): SubGroupVerdict | null {
  const { lastRun } = facts;
  if (lastRun === null || facts.isForced || !isSameWork(facts, lastRun)) return null;
  if (lastRun.status === 'FAILED') {
    return verdict('failed', causes, {
      run_id: lastRun.id,
      failure_class: lastRun.failureClass,
      failures: lastRun.failureCount,
    });
  }
  if (lastRun.status === 'CANCELLED' && !isKillActor(lastRun.cancelledBy)) {
    return verdict('waived', causes, {
      run_id: lastRun.id,
      by: lastRun.cancelledBy,
      reason: lastRun.cancelReason,
    });
  }
  return null;
}

function waitOrFire(facts: SubGroupFacts, causes: readonly StaleCause[], now: number): SubGroupVerdict {
  if (facts.pause !== null) return verdict('paused', causes, { ...facts.pause });
  const settledAt = (facts.lastMemberAt ?? 0) + facts.settleSeconds * 1000;
  if (settledAt > now) return verdict('settling', causes, {}, settledAt);
  const cooledAt = facts.lastFiredAt === null ? 0 : facts.lastFiredAt + facts.cooldownSeconds * 1000;
  if (cooledAt > now) return verdict('cooling_down', causes, {}, cooledAt);
  return verdict(facts.lastCompleted === null ? 'missing' : 'stale', causes);
}

function staleCauses(facts: SubGroupFacts): StaleCause[] {
  const forced: StaleCause[] = facts.isForced ? ['forced'] : [];
  const { lastCompleted } = facts;
  if (lastCompleted === null) return forced;
  return [
    ...(lastCompleted.inputFingerprint === facts.inputFingerprint ? [] : facts.inputCauses),
    ...(lastCompleted.softwareHash === facts.softwareHash ? [] : (['software'] as const)),
    ...(lastCompleted.configHash === facts.configHash ? [] : (['config'] as const)),
    ...forced,
  ];
}

const isSameWork = (facts: SubGroupFacts, run: PastRun): boolean =>
  run.inputFingerprint === facts.inputFingerprint &&
  run.softwareHash === facts.softwareHash &&
  run.configHash === facts.configHash;

const verdict = (
  state: SubGroupState,
  causes: readonly StaleCause[],
  detail: JsonObject = {},
  until: number | null = null,
): SubGroupVerdict => ({
  state,
  causes,
  detail,
  until,
});
