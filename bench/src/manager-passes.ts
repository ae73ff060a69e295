import { FakeBackend, FakeSite, mountedFiles } from '@meridian/hpc';
import { CollectResultsPass, ObserveJobsPass } from '@meridian/result-manager';
import { ImageKeeper, Sites, SubmitRunsPass } from '@meridian/workflow-manager';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { succeedAtOnce } from './succeed-at-once.js';

const BATCH = 250;

/** The passes of both managers, as their daemons build them, over a site whose jobs are done as soon as they are accepted. */
export function managerPasses(dataSource: DataSource, run = succeedAtOnce) {
  const logger = pino({ level: 'warn' });
  const backend = new FakeBackend(new FakeSite({ run }));
  const now = () => new Date();
  const filesOf = () => mountedFiles;
  const sites = new Sites({ dataSource, backendOf: () => backend, filesOf, now, logger, holdSeconds: 1 });
  const limits = {
    batchSize: BATCH,
    inputsPerBatch: 10_000,
    runsStagedAtOnce: 16,
    inputsStagedAtOnce: 4,
    leaseSeconds: 60,
    waitSeconds: 1,
    lookUpAfterSeconds: 5,
    heartbeatSeconds: 30,
  };
  const owner = 'workflow-manager@bench';
  const images = imageKeeper(dataSource, owner, logger);
  const submit = new SubmitRunsPass({
    dataSource,
    sites,
    images,
    owner,
    now,
    limits,
    logger,
  });
  const observe = new ObserveJobsPass({
    dataSource,
    actor: 'result-manager@bench',
    filesOf,
    logger,
    now,
    backendOf: () => backend,
    intervalMs: 0,
    unknownAfterSeconds: 300,
    forgottenAfterSeconds: 30,
  });
  const rules = { hashPolicy: 'none', recordGraceSeconds: 10, diskPatienceSeconds: 60 } as const;
  const collect = new CollectResultsPass({
    dataSource,
    actor: 'result-manager@bench',
    filesOf,
    logger,
    rules,
    leaseSeconds: 60,
    batchSize: BATCH,
  });
  return { submit, observe, collect };
}

/** Nothing here runs in a container, so it has nothing to do. */
const imageKeeper = (dataSource: DataSource, owner: string, logger: pino.Logger): ImageKeeper =>
  new ImageKeeper({
    dataSource,
    owner,
    leaseSeconds: 60,
    registries: { insecureRegistries: new Set(), credentialsFile: '/dev/null' },
    patienceMs: 1_000,
    logger,
  });
