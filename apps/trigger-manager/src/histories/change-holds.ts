import { sql, type KillTarget } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  claimKillLooks,
  liftKill,
  openKill,
  operatePipeline,
  pausePool,
  pauseStep,
  queryRows,
  recordKillLook,
  type PipelineOperation,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { Change } from './change-data.js';
import { idsOf, type World } from './world.js';

const OPERATIONS: readonly [PipelineOperation, ...PipelineOperation[]] = [
  { kind: 'resume' },
  { kind: 'resume' },
  { kind: 'enable' },
  { kind: 'enable' },
  { kind: 'disable' },
  { kind: 'pause', by: 'ada', reason: 'storm' },
];

const pauseOrResume: Change = async (db, random, world) => {
  const isPaused = random.chance(0.3);
  const pause = isPaused ? { by: 'eve', reason: random.chance(0.5) ? 'clouds' : null } : null;
  const done = isPaused ? 'paused' : 'resumed';
  switch (random.weighted({ location: 3, step: 4, pool: 1, pipeline: 6 })) {
    case 'location':
      await queryRows(
        db,
        sql`UPDATE data_location SET paused_at = CASE WHEN ${isPaused} THEN now() END, paused_by = CASE WHEN ${isPaused} THEN 'eve' END,
              pause_reason = NULL WHERE id = ${world.locationId}`,
      );
      return `location ${done}`;
    case 'step': {
      const id = random.oneOf(await idsOf(db, sql`SELECT id FROM reduction_step ORDER BY id`)) ?? 0;
      await pauseStep(db, id, pause);
      return `step ${id} ${done}`;
    }
    // Its runs wait; that is nothing to the evaluation.
    case 'pool':
      await pausePool(db, world.poolId, pause);
      return `pool ${done}`;
    case 'pipeline': {
      const id = random.oneOf(await idsOf(db, sql`SELECT id FROM pipeline ORDER BY id`)) ?? 0;
      const operation = random.pick(OPERATIONS);
      await operatePipeline(db, id, operation);
      return `pipeline ${id} ${operation.kind}`;
    }
  }
};

async function aTarget(db: EntityManager, random: Random, world: World): Promise<KillTarget | undefined> {
  switch (random.weighted({ run: 4, pipeline: 2, location: 1, everything: 2 })) {
    case 'run': {
      const runId = random.oneOf(
        await idsOf(db, sql`SELECT id FROM run WHERE finished_at IS NULL ORDER BY id`),
      );
      return runId === undefined ? undefined : { scope: 'run', runId };
    }
    case 'pipeline': {
      const pipelineId = random.oneOf(await idsOf(db, sql`SELECT id FROM pipeline ORDER BY id`)) ?? 0;
      return { scope: 'pipeline', pipelineId };
    }
    case 'location':
      return { scope: 'location', locationId: world.locationId };
    case 'everything':
      return { scope: 'everything' };
  }
}

const kill: Change = async (db, random, world) => {
  const target = await aTarget(db, random, world);
  if (target === undefined) return null;
  const id = await openKill(db, { target, reason: 'smoke', actor: 'token:eve' });
  return `${id} of ${JSON.stringify(target)}`;
};

/** Every site says that nothing is alive: a kill whose runs have ended is settled by that. */
const lookAtKills: Change = async (db) => {
  const answers: string[] = [];
  for (const { killId, locationId, look } of await claimKillLooks(db, { leaseSeconds: 60 })) {
    const quiet = { silence: null, alive: [], toldCount: 0, runsWithJob: 0, nextLookSeconds: 0 };
    const isSettled = await recordKillLook(db, { killId, locationId, look, ...quiet });
    answers.push(`${killId}${isSettled ? ' settled' : ''}`);
  }
  return answers.length === 0 ? null : answers.join(', ');
};

const lift: Change = async (db, random) => {
  const killId = random.oneOf(await idsOf(db, sql`SELECT id FROM kill_request WHERE holds ORDER BY id`));
  if (killId === undefined) return null;
  await liftKill(db, { killId, actor: 'token:ada' });
  return String(killId);
};

const endCancelledRun: Change = async (db, random) => {
  const runId = random.oneOf(
    await idsOf(
      db,
      sql`SELECT id FROM run WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL ORDER BY id`,
    ),
  );
  if (runId === undefined) return null;
  await queryRows(
    db,
    sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL,
          moved_by = 'workflow-manager@history', moved_why = 'cancelled' WHERE id = ${runId}`,
  );
  return String(runId);
};

/** What holds runs back, and lets them go. */
export const HOLD_CHANGES = {
  'pause or resume': pauseOrResume,
  kill,
  'look at kills': lookAtKills,
  'lift kill': lift,
  'end cancelled run': endCancelledRun,
} as const satisfies Record<string, Change>;
