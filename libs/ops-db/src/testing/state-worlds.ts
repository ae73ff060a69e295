import {
  expectationDocument,
  RUN_STATUSES,
  sql,
  STALE_CAUSES,
  subtractFingerprints,
  type Expectation,
  type JsonObject,
  type RunStatus,
  type SubGroupFacts,
  type SubGroupState,
} from '@meridian/core';
import * as fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { aPipeline, aStep, type BuiltPipeline, type BuiltStep } from './builders.js';
import { aRun, aSubGroup } from './run-builders.js';

/** When the sub-groups of a world are judged. */
export const NOW = new Date('2026-03-01T12:00:00.000Z');
const secondsBefore = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);
const digits = (n: number): string => String(n).repeat(32);

const rarely = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

/** Mostly there is nothing to say: each thing that is said ends the search for a state before the last ones are reached. */
const WITHOUT: readonly JsonObject[] = Array.from({ length: 9 }, () => ({}));
const UNPAUSED = Array.from({ length: 7 }, () => 'none' as const);

/** One sub-group of the property test: small ranges, and what ends the search for a state early is rare, so that all rules meet. */
const GROUP = fc.record({
  memberCount: fc.integer({ min: 0, max: 9 }),
  isDimMissing: rarely,
  fingerprint: fc.integer({ min: 1, max: 2 }),
  memberAge: fc.integer({ min: 0, max: 100 }),
  firedAge: fc.option(fc.integer({ min: 0, max: 100 })),
  isForced: rarely,
  isWaived: rarely,
  upstream: fc.option(
    fc.constantFrom<SubGroupState>('current', 'current', 'current', 'waived', 'running', 'failed', 'stale'),
    { freq: 2 },
  ),
  last: fc.option(
    fc.record({
      status: fc.oneof(
        fc.constantFrom(...RUN_STATUSES),
        fc.constantFrom<RunStatus>('COMPLETED', 'FAILED', 'FAILED'),
      ),
      isSame: fc.boolean(),
      cancelledBy: fc.constantFrom('zoe', 'kill:7'),
    }),
    { freq: 2 },
  ),
  hasCompleted: fc.boolean(),
  completedFingerprint: fc.integer({ min: 1, max: 2 }),
  completedSoftware: fc.boolean(),
  completedConfig: fc.boolean(),
  inputCause: fc.constantFrom('input_added', 'upstream_remade', 'input_changed'),
  slots: fc.subarray(['a', 'b', 3]),
  firstAge: fc.integer({ min: 0, max: 200 }),
  report: fc.constantFrom<JsonObject>(
    ...WITHOUT,
    { form: 'complete' },
    { form: 'collecting', closes_at: secondsBefore(-30).toISOString() },
    { form: 'collecting', closes_at: secondsBefore(-30).toISOString(), is_enough: true },
    { form: 'ambiguous' },
  ),
  association: fc.constantFrom<JsonObject>(
    ...WITHOUT,
    { missing: ['bias'] },
    { awaiting: { name: 'bias', until: secondsBefore(-9).toISOString() } },
    { awaiting: { name: 'bias', until: secondsBefore(9).toISOString() } },
  ),
  associationFingerprint: fc.constantFrom(0, 0, 1),
  completedAssociation: fc.constantFrom(0, 0, 1),
});
type Group = typeof GROUP extends fc.Arbitrary<infer T> ? T : never;

/** Sub-groups of one step, with all that a state depends on. */
export const WORLD = fc.record({
  minMembers: fc.integer({ min: 1, max: 2 }),
  settleSeconds: fc.constantFrom(0, 50),
  cooldownSeconds: fc.constantFrom(0, 50, 50),
  pause: fc.constantFrom(...UNPAUSED, 'pipeline', 'disabled', 'location', 'step', 'kill'),
  expectation: fc.constantFrom<Expectation | null>(
    null,
    null,
    { kind: 'count', count: 5 },
    { kind: 'slots', dim: 'slot', values: ['a', 'b', 3], minimum: 2 },
  ),
  maxWaitSeconds: fc.option(fc.constant(100)),
  closedAge: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 1 }),
  groups: fc.array(GROUP, { minLength: 12, maxLength: 24 }),
});
type World = typeof WORLD extends fc.Arbitrary<infer T> ? T : never;

export async function buildSteps(
  manager: EntityManager,
  world: World,
): Promise<{ step: BuiltStep; upstream: BuiltStep }> {
  const pipeline = await aPipeline(manager, { enabled: world.pause !== 'disabled' });
  await pauseAsAsked(manager, pipeline, world);
  const upstream = await aStep(manager, { pipeline, name: 'upstream', groupBy: ['n', 'band'] });
  const { minMembers, settleSeconds, cooldownSeconds } = world;
  const step = await aStep(manager, {
    pipeline,
    dependsOn: [upstream],
    groupBy: ['n', 'band'],
    minMembers,
    settleSeconds,
    cooldownSeconds,
  });
  const { expectation, maxWaitSeconds, closedAge } = world;
  const document = expectation === null ? null : JSON.stringify(expectationDocument(expectation));
  await queryRows(
    manager,
    sql`UPDATE reduction_step SET expect = ${document}::jsonb, max_wait_seconds = ${maxWaitSeconds},
          paused_at = CASE WHEN ${world.pause === 'step'} THEN now() END, paused_by = CASE WHEN ${world.pause === 'step'} THEN 'dan' END
        WHERE id = ${step.stepId}`,
  );
  if (closedAge !== null)
    await queryRows(
      manager,
      sql`INSERT INTO grouping_close (data_grouping_id, selection, closed_by, closed_at)
          SELECT data_grouping_id, '{"band": "K"}', 'ada', ${secondsBefore(closedAge)} FROM pipeline WHERE id = ${pipeline.pipelineId}`,
    );
  return { step, upstream };
}

async function pauseAsAsked(manager: EntityManager, pipeline: BuiltPipeline, world: World): Promise<void> {
  if (world.pause === 'pipeline') {
    await queryRows(
      manager,
      sql`UPDATE pipeline SET paused_at = now(), paused_by = 'ada', pause_reason = 'why not' WHERE id = ${pipeline.pipelineId}`,
    );
  }
  if (world.pause === 'location') {
    await queryRows(
      manager,
      sql`UPDATE data_location SET paused_at = now(), paused_by = 'bob' WHERE id = ${pipeline.locationId}`,
    );
  }
  if (world.pause === 'kill') {
    await queryRows(
      manager,
      sql`INSERT INTO kill_request (id, scope, pipeline_id, reason, requested_by) OVERRIDING SYSTEM VALUE
          VALUES (${pipeline.pipelineId}, 'pipeline', ${pipeline.pipelineId}, 'smoke', 'eve')`,
    );
  }
}

const PAUSES = {
  none: null,
  pipeline: { by: 'ada', reason: 'why not' },
  disabled: { by: 'pipeline', reason: 'the pipeline is disabled' },
  location: { by: 'bob', reason: '' },
  step: { by: 'dan', reason: '' },
};

let groupNumber = 0;

/** Writes one sub-group, its past runs and its upstream; returns its id and the facts that its state follows from. */
export async function buildGroup(
  manager: EntityManager,
  world: World,
  step: BuiltStep,
  upstream: BuiltStep,
  group: Group,
) {
  groupNumber += 1;
  const dims = { n: groupNumber, band: group.isDimMissing ? null : 'K' };
  const id = await aSubGroup(manager, { step, dims });
  await queryRows(manager, sql`UPDATE sub_group SET common_dims = dims WHERE id = ${id}`);
  if (group.upstream !== null) {
    const up = await aSubGroup(manager, { step: upstream, dims, state: 'missing' });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET member_count = 1, state = ${group.upstream} WHERE id = ${up}`,
    );
  }
  const completed = group.hasCompleted
    ? await pastRun(manager, step, id, {
        status: 'COMPLETED',
        fingerprint: group.completedFingerprint,
        association: group.completedAssociation,
      })
    : null;
  if (completed !== null) {
    await queryRows(
      manager,
      sql`UPDATE run SET software_hash = CASE WHEN ${group.completedSoftware} THEN software_hash ELSE 'old' END,
                         config_hash = CASE WHEN ${group.completedConfig} THEN config_hash ELSE 'old' END WHERE id = ${completed}`,
    );
  }
  const last =
    group.last === null
      ? completed
      : await pastRun(manager, step, id, {
          status: group.last.status,
          fingerprint: group.last.isSame ? group.fingerprint : 9,
          cancelledBy: group.last.cancelledBy,
        });
  const memberAt = secondsBefore(group.memberAge);
  const firedAt = group.firedAge === null ? null : secondsBefore(group.firedAge);
  await queryRows(
    manager,
    sql`UPDATE sub_group SET member_count = ${group.memberCount}, input_fingerprint = ${digits(group.fingerprint)}, last_member_at = ${memberAt},
          last_fired_at = ${firedAt}, last_run_id = ${last}, last_completed_run_id = ${completed},
          first_member_at = ${secondsBefore(group.firstAge)}, report = ${JSON.stringify(group.report)}::jsonb,
          slots = ${JSON.stringify(Object.fromEntries(group.slots.map((slot) => [JSON.stringify(slot), 1])))}::jsonb,
          association = ${JSON.stringify(group.association)}::jsonb, association_fingerprint = ${digits(group.associationFingerprint)},
          forced_at = CASE WHEN ${group.isForced} THEN now() END,
          waived_at = CASE WHEN ${group.isWaived} THEN now() END, waived_by = CASE WHEN ${group.isWaived} THEN 'eve' END,
          waived_reason = CASE WHEN ${group.isWaived} THEN 'clouds' END
        WHERE id = ${id}`,
  );
  return { id, facts: await factsOf(manager, { world, step, group, memberAt, firedAt, last, completed }) };
}

async function pastRun(
  manager: EntityManager,
  step: BuiltStep,
  subGroupId: number,
  past: { status: RunStatus; fingerprint: number; association?: number; cancelledBy?: string },
) {
  const run = await aRun(manager, { step, subGroupId, status: past.status });
  await queryRows(
    manager,
    sql`UPDATE run SET input_fingerprint = ${digits(past.fingerprint)}, association_fingerprint = ${digits(past.association ?? 0)}, cancel_requested_by = ${past.cancelledBy ?? 'zoe'}, cancel_reason = 'enough' WHERE id = ${run.runId}`,
  );
  return run.runId;
}

interface Built {
  world: World;
  step: BuiltStep;
  group: Group;
  memberAt: Date;
  firedAt: Date | null;
  last: number | null;
  completed: number | null;
}

async function factsOf(manager: EntityManager, built: Built): Promise<SubGroupFacts> {
  const { world, step, group } = built;
  const run = (id: number | null) =>
    queryRow<NonNullable<SubGroupFacts['lastRun']>>(
      manager,
      sql`SELECT id, status, input_fingerprint AS "inputFingerprint", association_fingerprint AS "associationFingerprint", software_hash AS "softwareHash", config_hash AS "configHash",
          failure_class AS "failureClass", failure_count AS "failureCount", cancel_requested_by AS "cancelledBy", cancel_reason AS "cancelReason"
        FROM run WHERE id = ${id}`,
    );
  const lastCompleted = (await run(built.completed)) ?? null;
  const blocks = group.upstream !== null && group.upstream !== 'current' && group.upstream !== 'waived';
  return {
    memberCount: group.memberCount,
    minMembers: world.minMembers,
    missingDims: group.isDimMissing ? ['band'] : [],
    expectation: world.expectation,
    slots: group.slots,
    maxWaitSeconds: world.maxWaitSeconds,
    firstMemberAt: secondsBefore(group.firstAge).getTime(),
    closedAt:
      world.closedAge === null || group.isDimMissing ? null : secondsBefore(world.closedAge).getTime(),
    report: group.report,
    association: group.association,
    associationFingerprint: digits(group.associationFingerprint),
    inputFingerprint: digits(group.fingerprint),
    lastMemberAt: built.memberAt.getTime(),
    lastFiredAt: built.firedAt?.getTime() ?? null,
    settleSeconds: world.settleSeconds,
    cooldownSeconds: world.cooldownSeconds,
    softwareHash: step.softwareHash,
    configHash: step.configHash,
    inputCauses:
      lastCompleted !== null &&
      subtractFingerprints(lastCompleted.inputFingerprint, lastCompleted.associationFingerprint) !==
        subtractFingerprints(digits(group.fingerprint), digits(group.associationFingerprint))
        ? STALE_CAUSES.filter((cause) => cause === group.inputCause)
        : [],
    isForced: group.isForced,
    waiver: group.isWaived ? { by: 'eve', reason: 'clouds' } : null,
    pause:
      world.pause === 'kill' ? { by: 'eve', reason: `kill ${step.pipelineId}: smoke` } : PAUSES[world.pause],
    blockedBy:
      blocks && group.upstream !== null ? [{ step: 'upstream', state: group.upstream, count: 1 }] : [],
    lastRun: (await run(built.last)) ?? null,
    lastCompleted,
  };
}
