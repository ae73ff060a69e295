import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon, type Pass } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { ClearAttemptsPass, type ClearAttemptsOptions } from './passes/clear-attempts.pass.js';
import { CollectResultsPass } from './passes/collect-results.pass.js';
import { ObserveJobsPass } from './passes/observe-jobs.pass.js';
import { PublishProductsPass } from './passes/publish-products.pass.js';
import { PurgeLocationsPass, type PurgeLocationsOptions } from './passes/purge-locations.pass.js';
import { WithdrawProductsPass } from './passes/withdraw-products.pass.js';
import { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';

/** Even the shortest job takes its scheduler so long; looking sooner would only put off the look that finds it ended. */
const FIRST_LOOK_MS = 500;

/** After the first copy of a product that did not succeed; doubled with each. */
const PUBLISH_AGAIN_SECONDS = 30;

/** Nobody waits for room before it is short. */
const LOOK_FOR_ROOM_MS = 10_000;
const LOOK_FOR_LEAVINGS_MS = 60_000;
/** Longer than removing the largest directory takes. */
const CLEARING_SECONDS = 3600;

/** What becomes of results once they are registered. */
const passesAfterwards = (
  common: Pick<PurgeLocationsOptions & ClearAttemptsOptions, 'dataSource' | 'actor' | 'logger' | 'filesOf'>,
  { leaseSeconds, batchSize }: { readonly leaseSeconds: number; readonly batchSize: number },
): Pass[] => [
  new PublishProductsPass({ ...common, leaseSeconds, batchSize, retrySeconds: PUBLISH_AGAIN_SECONDS }),
  new WithdrawProductsPass({ ...common, batchSize }),
  new PurgeLocationsPass({ ...common, leaseSeconds, batchSize, lookEveryMs: LOOK_FOR_ROOM_MS }),
  new ClearAttemptsPass({
    ...{ ...common, leaseSeconds: CLEARING_SECONDS, batchSize, lookEveryMs: LOOK_FOR_LEAVINGS_MS },
  }),
];

async function main(): Promise<void> {
  const settings = readSettings(RESULT_MANAGER_SETTINGS, process.env);
  const name = 'result-manager';
  const logger = await createLogger({ name, level: settings.logLevel, format: settings.logFormat });
  const database = await connectDaemon({
    name,
    url: settings.databaseUrl,
    topics: ['results', 'publish', 'purge'],
    onLost: (error) =>
      logger.warn({ reason: error.message }, 'not listening for notifications, polling only'),
  });
  const { dataSource, instance: actor, beat, listen } = database;
  const { pollIntervalMs, heartbeatIntervalMs, leaseSeconds, batchSize, unknownAfterSeconds } = settings;
  const backends = new BackendCache({
    // Local jobs are started by the workflow-manager alone; this daemon only looks.
    startsJobs: false,
    readEnvironment: (variable) => process.env[variable],
    onProblem: (location, error) =>
      logger.warn(
        { location: location.name, err: error },
        `location ${location.name}: its backend has a problem`,
      ),
  });
  const rules = {
    hashPolicy: settings.hashPolicy,
    recordGraceSeconds: settings.recordGraceSeconds,
    diskPatienceSeconds: settings.diskPatienceSeconds,
  };
  const common = { dataSource, actor, logger, filesOf: backends.filesOf };
  const passes = [
    new ObserveJobsPass({
      ...common,
      now: () => new Date(),
      backendOf: backends.of,
      intervalMs: pollIntervalMs,
      firstLookMs: FIRST_LOOK_MS,
      unknownAfterSeconds,
      forgottenAfterSeconds: settings.forgottenAfterSeconds,
      lostAfterSeconds: settings.lostAfterSeconds,
    }),
    new CollectResultsPass({ ...common, rules, leaseSeconds, batchSize }),
    ...passesAfterwards(common, { leaseSeconds, batchSize }),
  ];
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
