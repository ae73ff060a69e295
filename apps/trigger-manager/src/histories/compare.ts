import { canonicalJson, type Json } from '@meridian/core';
import type { ExpectedSubGroup } from './oracle.js';
import type { StoredSubGroup, Tables } from './read-tables.js';

/** What is stored and what the oracle says, where they differ; a line each. */
export function differences(tables: Tables, expected: readonly ExpectedSubGroup[]): string[] {
  return [
    ...expected.flatMap(differencesOf),
    ...expected.flatMap(unfired),
    ...tables.subGroups
      .filter(({ id }) => !expected.some(({ stored }) => stored?.id === id))
      .map(({ id, stepId }) => `sub-group ${id} of step ${stepId} is no step's`),
  ];
}

function differencesOf(expected: ExpectedSubGroup): string[] {
  const { stored, step, dims, members, verdict } = expected;
  const place = `${step.name} (${step.id}) ${canonicalJson(dims)}`;
  // Of a sub-group that has nothing and is promised by nobody, a row may be left over or not.
  if (members.length === 0 && expected.lastRunId === null && !expected.isPromised) {
    return stored === null || stored.memberCount === 0
      ? []
      : [`${place} has ${stored.memberCount} members, not 0`];
  }
  if (stored === null) return [`${place} is not there: it has ${members.length} members, ${verdict.state}`];
  const lastMemberAt = Math.max(...members.map(({ item }) => item.changedAt));
  const tooEarly =
    members.length > 0 && (stored.lastMemberAt?.getTime() ?? -Infinity) < Math.floor(lastMemberAt / 1000);
  return [
    ...differing(place, shown(stored), {
      ...(members.length === 0
        ? {}
        : { common_dims: expected.commonDims, ...timesOf(members), ...reportOf(expected) }),
      member_count: members.length,
      member_bytes: members.reduce((sum, { item }) => sum + item.row.size_bytes, 0),
      input_fingerprint: expected.inputFingerprint,
      state: verdict.state,
      causes: verdict.causes,
      detail: verdict.detail,
      until: verdict.until,
      last_run: expected.lastRunId,
      last_completed_run: expected.lastCompletedRunId,
    }),
    ...(tooEarly
      ? [
          `${place} last_member_at is ${stored.lastMemberAt?.toISOString()}, before ${new Date(lastMemberAt / 1000).toISOString()}`,
        ]
      : []),
  ];
}

/**
 * What the formation says, as it is kept. An observation that is being collected, and for which the step waits for another reason
 * (or for none: it is running, say), is not looked at when its time is over but when that reason is: until then its report is old.
 */
const reportOf = ({ stored, report }: ExpectedSubGroup): Shown =>
  stored?.report['form'] === 'collecting' && stored.until === null ? {} : { report };

function timesOf(members: ExpectedSubGroup['members']): Shown {
  const times = members.flatMap(({ item: { time } }) => (time === null ? [] : [time / 1000]));
  const ends = members.flatMap(({ item: { time, timeEnd } }) => {
    const end = timeEnd ?? time;
    return end === null ? [] : [end / 1000];
  });
  return {
    first_member_at: Math.min(...members.map(({ item }) => item.registeredAt)),
    time_from: times.length === 0 ? null : Math.min(...times),
    time_to: ends.length === 0 ? null : Math.max(...ends),
  };
}

type Shown = Readonly<Record<string, Json>>;

const shown = (stored: StoredSubGroup): Shown => ({
  common_dims: stored.commonDims,
  report: stored.report,
  first_member_at: stored.firstMemberAt?.getTime() ?? null,
  time_from: stored.timeFrom?.getTime() ?? null,
  time_to: stored.timeTo?.getTime() ?? null,
  member_count: stored.memberCount,
  member_bytes: stored.memberBytes,
  input_fingerprint: stored.inputFingerprint,
  state: stored.state,
  causes: stored.causes,
  detail: stored.detail,
  until: stored.until?.getTime() ?? null,
  last_run: stored.lastRunId,
  last_completed_run: stored.lastCompletedRunId,
});

function differing(place: string, stored: Shown, expected: Shown): string[] {
  const names = Object.keys(expected).filter(
    (name) => canonicalJson(stored[name] ?? null) !== canonicalJson(expected[name] ?? null),
  );
  return names.map(
    (name) =>
      `${place} ${name} is ${canonicalJson(stored[name] ?? null)}, not ${canonicalJson(expected[name] ?? null)}`,
  );
}

/** What a CONTINUOUS pipeline wants, it has asked for by the end of the evaluation. */
const unfired = ({ step, dims, verdict, stored }: ExpectedSubGroup): string[] =>
  step.trigger === 'CONTINUOUS' &&
  stored !== null &&
  (verdict.state === 'missing' || verdict.state === 'stale')
    ? [`${step.name} (${step.id}) ${canonicalJson(dims)} is ${verdict.state}, and no run was created`]
    : [];

/** Runs that the last evaluation created must have what their sub-groups have: nothing changed since. */
export function wronglyFired(
  tables: Tables,
  expected: readonly ExpectedSubGroup[],
  newestBefore: number,
): string[] {
  return tables.runs
    .filter(({ id }) => id > newestBefore)
    .flatMap((run) => {
      const group = expected.find(({ stored }) => stored?.id === run.subGroupId);
      if (group === undefined) return [`run ${run.id} has no sub-group`];
      const inputs = group.members.map(({ item: { row } }) => `${row.id} ${row.content_hash}`).sort();
      const frozen = run.inputs.map(({ itemId, contentHash }) => `${itemId} ${contentHash}`).sort();
      return differing(
        `run ${run.id} of ${group.step.name}`,
        {
          inputs: frozen,
          dims: run.dims,
          fingerprint: run.inputFingerprint,
          software: run.softwareHash,
          config: run.configHash,
        },
        {
          inputs,
          dims: group.commonDims,
          fingerprint: group.inputFingerprint,
          software: group.step.softwareHash,
          config: group.step.configHash,
        },
      );
    });
}

/**
 * A sub-group fires no sooner than its step's cooldown allows, counted from the creation of its last run. Says nothing of a step
 * whose cooldown was another one before: it may have fired before the change.
 */
export function firedTooSoon(before: Tables | null, tables: Tables): string[] {
  const earlier = new Map(before?.subGroups.map((row) => [row.id, row.lastFiredAt]));
  const cooldowns = new Map(before?.steps.map((step) => [step.id, step.cooldownSeconds]));
  return tables.subGroups.flatMap(({ id, stepId, lastFiredAt }) => {
    const fired = earlier.get(id) ?? null;
    const now = tables.steps.find((step) => step.id === stepId)?.cooldownSeconds ?? 0;
    const cooldown = cooldowns.get(stepId) === now ? now * 1000 : 0;
    if (fired === null || lastFiredAt === null || lastFiredAt.getTime() === fired.getTime()) return [];
    const waited = lastFiredAt.getTime() - fired.getTime();
    return waited < cooldown
      ? [`sub-group ${id} fired ${waited / 1000} s after it had, within its cooldown`]
      : [];
  });
}
