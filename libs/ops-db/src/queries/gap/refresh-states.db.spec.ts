import {
  evaluateSubGroup,
  RUN_STATUSES,
  sql,
  STALE_CAUSES,
  SUB_GROUP_STATES,
  type RunStatus,
  type SubGroupFacts,
  type SubGroupState,
} from '@meridian/core';
import * as fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';
import {
  aPipeline,
  aRun,
  aStep,
  aSubGroup,
  openTestDatabase,
  type BuiltPipeline,
  type BuiltStep,
  type TestDatabase,
} from '../../testing/index.js';
import { refreshStates } from './refresh-states.sql.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const secondsBefore = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);
const digits = (n: number): string => String(n).repeat(32);

const rarely = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

/** One sub-group of the property test: small ranges, and what ends the search for a state early is rare, so that all rules meet. */
const GROUP = fc.record({
  memberCount: fc.integer({ min: 0, max: 9 }),
  isDimMissing: rarely,
  fingerprint: fc.integer({ min: 1, max: 2 }),
  memberAge: fc.integer({ min: 0, max: 100 }),
  firedAge: fc.option(fc.integer({ min: 0, max: 100 })),
  isForced: rarely,
  isWaived: rarely,
  upstream: fc.option(fc.constantFrom<SubGroupState>('current', 'waived', 'running', 'failed', 'stale'), {
    freq: 2,
  }),
  last: fc.option(
    fc.record({
      status: fc.constantFrom(...RUN_STATUSES),
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
});
type Group = typeof GROUP extends fc.Arbitrary<infer T> ? T : never;

const WORLD = fc.record({
  minMembers: fc.integer({ min: 1, max: 2 }),
  settleSeconds: fc.constantFrom(0, 50),
  cooldownSeconds: fc.constantFrom(0, 50),
  pause: fc.constantFrom('none', 'none', 'none', 'pipeline', 'disabled', 'location', 'kill'),
  groups: fc.array(GROUP, { minLength: 12, maxLength: 24 }),
});
type World = typeof WORLD extends fc.Arbitrary<infer T> ? T : never;

describe('refreshStates', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('gives every sub-group the state that evaluateSubGroup gives it', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(WORLD, async (world) => {
        const manager = db.dataSource.manager;
        const { step, upstream } = await buildSteps(manager, world);
        const expected = [];
        for (const group of world.groups)
          expected.push(await buildGroup(manager, world, step, upstream, group));

        await refreshStates(manager, {
          stepId: step.stepId,
          keyNames: ['n', 'band'],
          hasPlainKey: true,
          awaitedStepIds: [upstream.stepId],
          inputCauses: expected.flatMap(({ id, facts }) =>
            facts.inputCauses.length > 0 ? [{ subGroupId: id, causes: facts.inputCauses }] : [],
          ),
          now: NOW,
        });

        for (const { id, facts } of expected) {
          const row = await queryRow<{ state: string; causes: string[]; detail: object; until: Date | null }>(
            manager,
            sql`SELECT state, causes, detail, until FROM sub_group WHERE id = ${id}`,
          );
          const verdict = evaluateSubGroup(facts, NOW.getTime());
          seen.add(verdict.state);
          expect({ ...row, until: row?.until?.getTime() ?? null }).toEqual({
            ...verdict,
            causes: verdict.state === 'running' ? [] : verdict.causes,
          });
        }
      }),
      { numRuns: 40 },
    );
    expect([...seen].sort()).toEqual([...SUB_GROUP_STATES].sort());
  });

  it('writes nothing when nothing changed', async () => {
    const step = await aStep(db.dataSource.manager);
    await aSubGroup(db.dataSource.manager, { step, state: 'missing' });
    const request = {
      stepId: step.stepId,
      keyNames: ['n'],
      hasPlainKey: true,
      awaitedStepIds: [],
      inputCauses: [],
      now: NOW,
    };

    const changed = [
      await refreshStates(db.dataSource.manager, request),
      await refreshStates(db.dataSource.manager, request),
    ];

    expect(changed).toEqual([1, 0]);
  });
});

async function buildSteps(
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
};

let groupNumber = 0;

async function buildGroup(
  manager: EntityManager,
  world: World,
  step: BuiltStep,
  upstream: BuiltStep,
  group: Group,
) {
  groupNumber += 1;
  const dims = { n: groupNumber, band: group.isDimMissing ? null : 'K' };
  const id = await aSubGroup(manager, { step, dims });
  if (group.upstream !== null) {
    const up = await aSubGroup(manager, { step: upstream, dims, state: 'missing' });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET member_count = 1, state = ${group.upstream} WHERE id = ${up}`,
    );
  }
  const completed = group.hasCompleted
    ? await pastRun(manager, step, id, { status: 'COMPLETED', fingerprint: group.completedFingerprint })
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
  past: { status: RunStatus; fingerprint: number; cancelledBy?: string },
) {
  const run = await aRun(manager, { step, subGroupId, status: past.status });
  await queryRows(
    manager,
    sql`UPDATE run SET input_fingerprint = ${digits(past.fingerprint)}, cancel_requested_by = ${past.cancelledBy ?? 'zoe'}, cancel_reason = 'enough' WHERE id = ${run.runId}`,
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
      sql`SELECT id, status, input_fingerprint AS "inputFingerprint", software_hash AS "softwareHash", config_hash AS "configHash",
          failure_class AS "failureClass", failure_count AS "failureCount", cancel_requested_by AS "cancelledBy", cancel_reason AS "cancelReason"
        FROM run WHERE id = ${id}`,
    );
  const lastCompleted = (await run(built.completed)) ?? null;
  const blocks = group.upstream !== null && group.upstream !== 'current' && group.upstream !== 'waived';
  return {
    memberCount: group.memberCount,
    minMembers: world.minMembers,
    missingDims: group.isDimMissing ? ['band'] : [],
    inputFingerprint: digits(group.fingerprint),
    lastMemberAt: built.memberAt.getTime(),
    lastFiredAt: built.firedAt?.getTime() ?? null,
    settleSeconds: world.settleSeconds,
    cooldownSeconds: world.cooldownSeconds,
    softwareHash: step.softwareHash,
    configHash: step.configHash,
    inputCauses:
      lastCompleted !== null && lastCompleted.inputFingerprint !== digits(group.fingerprint)
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
