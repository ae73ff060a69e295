import { ACTIVE_STATUSES, sql, type CollectedProduct, type RunStatus } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  failRuns,
  forceSubGroups,
  insertTriggerRequest,
  queryRow,
  queryRows,
  registerResults,
  requestCancellation,
  requestRetry,
  waiveSubGroup,
} from '@meridian/ops-db';
import { anAttempt } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';
import { contentHash, type Change } from './change-data.js';
import { idsOf } from './world.js';

const ACTOR = 'result-manager@history';

interface ActiveRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly attempt: number;
}

/** The way of a run that goes well, up to where its results are read. */
const WAY = ['PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS'] as const;

async function anActiveRun(db: EntityManager, random: Random): Promise<ActiveRun | undefined> {
  return random.oneOf(
    await queryRows<ActiveRun>(
      db,
      sql`SELECT id, status, attempt FROM run WHERE status = ANY(${ACTIVE_STATUSES}) ORDER BY id`,
    ),
  );
}

/** One step further on its way. */
async function advance(db: EntityManager, run: ActiveRun): Promise<ActiveRun> {
  const status = WAY[WAY.indexOf(run.status as (typeof WAY)[number]) + 1];
  if (status === undefined) return run;
  const attempt = status === 'SUBMITTING' ? run.attempt + 1 : run.attempt;
  const isCollected = status === 'COLLECTING_RESULTS';
  await queryRows(
    db,
    sql`UPDATE run SET status = ${status}, attempt = ${attempt}, lease_owner = ${isCollected ? ACTOR : null},
          lease_expires_at = CASE WHEN ${isCollected} THEN now() + interval '1 hour' END WHERE id = ${run.id}`,
  );
  if (status === 'SUBMITTING') await anAttempt(db, run.id, { number: attempt });
  return { id: run.id, status, attempt };
}

const advanceRun: Change = async (db, random) => {
  const run = await anActiveRun(db, random);
  if (run === undefined) return null;
  const { status } = await advance(db, run);
  return `${run.id} to ${status}`;
};

const product = (random: Random, type: CollectedProduct['type'], path: string): CollectedProduct => ({
  type,
  path,
  sizeBytes: random.whole(1, 100),
  sha256: contentHash(random),
  dims: random.chance(0.3) ? { band: random.whole(1, 2) } : {},
  metrics: [],
  description: '',
});

const completeRun: Change = async (db, random) => {
  let run = await anActiveRun(db, random);
  if (run === undefined) return null;
  while (run.status !== 'COLLECTING_RESULTS') run = await advance(db, run);
  const products = [
    ...(random.chance(0.9) ? [product(random, 'SCIENCE', 'science/map.fits')] : []),
    ...(random.chance(0.3) ? [product(random, 'INTERMEDIATE', 'work/noise.fits')] : []),
    ...(random.chance(0.4) ? [product(random, 'PLOT', 'plots/map.png')] : []),
  ];
  const ended = {
    host: null,
    exitCode: 0,
    startedAt: null,
    endedAt: null,
    cpuSeconds: null,
    peakMemoryMb: null,
  };
  const { id: runId, attempt } = run;
  const result = {
    runId,
    attempt,
    products,
    metrics: [],
    warnings: [],
    outcomes: null,
    facts: { runId, attempt, ...ended },
  };
  const registered = await registerResults(db, { actor: ACTOR, leaseOwner: ACTOR, results: [result] });
  return registered === 0
    ? null
    : `${runId} with ${products.map(({ path }) => path).join(', ') || 'nothing'}`;
};

const failRun: Change = async (db, random) => {
  const run = await anActiveRun(db, random);
  if (run === undefined) return null;
  const resources = { cpus: 1, memoryMb: 1024, walltimeMinutes: 60 };
  const retry = random.chance(0.3) ? { delaySeconds: 0, resources } : null;
  const failure = {
    runId: run.id,
    fromStatus: run.status,
    failureClass: 'SOFTWARE',
    reason: 'exit code 1',
    retry,
  } as const;
  await failRuns(db, { actor: ACTOR, failures: [failure] });
  return `${run.id}${retry === null ? '' : ', to be retried'}`;
};

const cancelRun: Change = async (db, random) => {
  const run = await anActiveRun(db, random);
  if (run === undefined) return null;
  const actor = random.pick(['ada', 'ada', 'kill:7']);
  await requestCancellation(db, { runId: run.id, actor, reason: 'not wanted' });
  return `${run.id} by ${actor}`;
};

const retryRun: Change = async (db, random) => {
  const runId = random.oneOf(await idsOf(db, sql`SELECT id FROM run WHERE status = 'FAILED' ORDER BY id`));
  if (runId === undefined) return null;
  const resources = { cpus: null, memoryMb: null, walltimeMinutes: null };
  await requestRetry(db, { runId, actor: 'ada', resources });
  return String(runId);
};

const waiveOrTakeBack: Change = async (db, random) => {
  const subGroupId = random.oneOf(await idsOf(db, sql`SELECT id FROM sub_group ORDER BY step_id, dims, id`));
  if (subGroupId === undefined) return null;
  const waiver = random.chance(0.6) ? { by: 'eve', reason: 'clouds' } : null;
  await waiveSubGroup(db, { subGroupId, waiver });
  return `${subGroupId} ${waiver === null ? 'taken back' : 'waived'}`;
};

async function aRequest(db: EntityManager, random: Random, force: boolean) {
  const pipelineId = random.oneOf(await idsOf(db, sql`SELECT id FROM pipeline ORDER BY id`)) ?? 0;
  const selection = random.chance(0.4) ? { source: 'M17' } : {};
  return {
    pipelineId,
    selection,
    steps: random.chance(0.3) ? ['step-0'] : null,
    force,
    actor: 'ada',
    overrides: {},
  };
}

const force: Change = async (db, random) => {
  const request = await aRequest(db, random, true);
  const forced = await forceSubGroups(db, request);
  await insertTriggerRequest(db, request);
  return `${forced} of ${JSON.stringify(request)}`;
};

const askForRuns: Change = async (db, random) => {
  const request = await aRequest(db, random, false);
  await insertTriggerRequest(db, request);
  return JSON.stringify(request);
};

/** What happens to runs and to the marks that people put on sub-groups, by the statements of the daemons and the API. */
export const RUN_CHANGES = {
  'advance run': advanceRun,
  'complete run': completeRun,
  'fail run': failRun,
  'cancel run': cancelRun,
  'retry run': retryRun,
  'waive or take back': waiveOrTakeBack,
  'force sub-groups': force,
  'ask for runs': askForRuns,
} as const satisfies Record<string, Change>;

/** The newest run there is. */
export async function newestRun(db: EntityManager): Promise<number> {
  return (await queryRow<{ id: number }>(db, sql`SELECT coalesce(max(id), 0) AS id FROM run`))?.id ?? 0;
}
