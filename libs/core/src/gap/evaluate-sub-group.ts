import type { Expectation } from '../definition/parse-expectation.js';
import { isJsonObject, type Json, type JsonObject, type JsonScalar } from '../shared/json.js';
import { subtractFingerprints } from '../recipe/fingerprint.js';
import { isKillActor } from '../kill/kill-scope.js';
import { ACTIVE_STATUSES, type RunStatus } from '../run/run-status.js';
import type { StaleCause, SubGroupState } from '../sub-group/sub-group-state.js';

/** What one look at the archive and at past runs says of a sub-group. Times in milliseconds since 1970. */
export interface SubGroupFacts {
  readonly memberCount: number;
  readonly minMembers: number;
  /** Dimensions of group_by that the members do not have. */
  readonly missingDims: readonly string[];
  /** What makes the sub-group complete, and the values of the expected dimension that its members have; null leaves it to minMembers. */
  readonly expectation: Expectation | null;
  readonly slots: readonly JsonScalar[];
  /** How long after its first member a sub-group that is not complete is waited for; null: for ever. */
  readonly maxWaitSeconds: number | null;
  readonly firstMemberAt: number | null;
  /** When somebody last said that nothing more will come. */
  readonly closedAt: number | null;
  /** What the formation of a cluster says of it. */
  readonly report: JsonObject;
  /** What is chosen, missing or awaited of associated inputs. */
  readonly association: JsonObject;
  /** Of members and associated items, and of the associated items alone. */
  readonly inputFingerprint: string;
  readonly associationFingerprint: string;
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
  readonly lastCompleted: Pick<
    PastRun,
    'inputFingerprint' | 'associationFingerprint' | 'softwareHash' | 'configHash'
  > | null;
}

export interface PastRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly inputFingerprint: string;
  readonly associationFingerprint: string;
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
  return (
    incomplete(facts, causes, now) ??
    awaitsAssociation(facts, causes, now) ??
    pastFailure(facts, causes) ??
    waitOrFire(facts, causes, now)
  );
}

/** What the formation of a sub-group says of it while it is not to be run. */
export const OPEN_FORMS: readonly Json[] = ['collecting', 'ambiguous', 'expired', 'refused'];

function incomplete(
  facts: SubGroupFacts,
  causes: readonly StaleCause[],
  now: number,
): SubGroupVerdict | null {
  const { memberCount, minMembers, report, firstMemberAt, maxWaitSeconds } = facts;
  if (facts.missingDims.length > 0)
    return verdict('incomplete', causes, { missing_dims: [...facts.missingDims] });
  if (memberCount < minMembers)
    return verdict('incomplete', causes, { members: memberCount, needed: minMembers });
  if (OPEN_FORMS.includes(report['form'] ?? null) && !(report['is_enough'] === true && isClosed(facts)))
    return verdict('incomplete', causes, report, timeOf(report['closes_at']));
  const lacking = facts.expectation === null ? null : lackingOf(facts.expectation, facts);
  const waitedUntil =
    firstMemberAt === null || maxWaitSeconds === null ? null : firstMemberAt + maxWaitSeconds * 1000;
  if (lacking === null || isClosed(facts) || (waitedUntil !== null && waitedUntil <= now)) return null;
  return verdict('incomplete', causes, lacking, waitedUntil);
}

function lackingOf(
  expectation: Expectation,
  { memberCount, slots }: Pick<SubGroupFacts, 'memberCount' | 'slots'>,
): JsonObject | null {
  switch (expectation.kind) {
    case 'count':
      return memberCount < expectation.count ? { members: memberCount, needed: expectation.count } : null;
    case 'slots': {
      const { dim, values, minimum } = expectation;
      const missing = values.filter((value) => !slots.includes(value));
      return values.length - missing.length < minimum
        ? { dim, missing_slots: missing, needed: minimum }
        : null;
    }
  }
}

/** Somebody said that nothing more would come, and nothing has come since. */
const isClosed = ({ closedAt, lastMemberAt }: SubGroupFacts): boolean =>
  closedAt !== null && lastMemberAt !== null && closedAt >= lastMemberAt;

/** A required input that is missing, or one that somebody is making right now. */
function awaitsAssociation(
  { association }: SubGroupFacts,
  causes: readonly StaleCause[],
  now: number,
): SubGroupVerdict | null {
  if (Object.hasOwn(association, 'missing')) return verdict('blocked', causes, { associations: association });
  const { awaiting } = association;
  const until = isJsonObject(awaiting) ? timeOf(awaiting['until']) : null;
  return until !== null && until > now
    ? verdict('blocked', causes, { associations: association }, until)
    : null;
}

const timeOf = (value: Json | undefined): number | null =>
  typeof value === 'string' ? Date.parse(value) : null;

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
  const settledAt = isClosed(facts) ? 0 : (facts.lastMemberAt ?? 0) + facts.settleSeconds * 1000;
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
    ...(haveSameMembers(facts, lastCompleted) ? [] : facts.inputCauses),
    ...(lastCompleted.softwareHash === facts.softwareHash ? [] : (['software'] as const)),
    ...(lastCompleted.configHash === facts.configHash ? [] : (['config'] as const)),
    ...(lastCompleted.associationFingerprint === facts.associationFingerprint
      ? []
      : (['calibration_superseded'] as const)),
    ...forced,
  ];
}

type Inputs = Pick<PastRun, 'inputFingerprint' | 'associationFingerprint'>;

/** The members' part of two fingerprints, without that of the associated items. */
const haveSameMembers = (left: Inputs, right: Inputs): boolean =>
  subtractFingerprints(left.inputFingerprint, left.associationFingerprint) ===
  subtractFingerprints(right.inputFingerprint, right.associationFingerprint);

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
