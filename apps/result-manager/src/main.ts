import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { CollectResultsPass } from './passes/collect-results.pass.js';
import { MakePreviewsPass } from './passes/make-previews.pass.js';
import { ObserveJobsPass } from './passes/observe-jobs.pass.js';
import { PublishProductsPass } from './passes/publish-products.pass.js';
import { ReadProgressPass } from './passes/read-progress.pass.js';
import { WithdrawProductsPass } from './passes/withdraw-products.pass.js';
import { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';

/** Even the shortest job takes its scheduler so long; looking sooner would only put off the look that finds it ended. */
const FIRST_LOOK_MS = 500;

/** Programs say how far they are for people, who look now and then. */
const LOOK_AT_PROGRESS_SECONDS = 10;

/** After the first copy of a product that did not succeed; doubled with each. */
const PUBLISH_AGAIN_SECONDS = 30;

async function main(): Promise<void> {
  const settings = readSettings(RESULT_MANAGER_SETTINGS, process.env);
  const name = 'result-manager';
  const logger = await createLogger({ name, level: settings.logLevel, format: settings.logFormat });
  const database = await connectDaemon({
    name,
    url: settings.databaseUrl,
    topics: ['results', 'publish'],
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
    new CollectResultsPass({ ...common, rules: settings, leaseSeconds, batchSize }),
    new PublishProductsPass({ ...common, leaseSeconds, batchSize, retrySeconds: PUBLISH_AGAIN_SECONDS }),
    new WithdrawProductsPass({ dataSource, logger, batchSize }),
    new ReadProgressPass({ ...common, everySeconds: LOOK_AT_PROGRESS_SECONDS }),
    // Last: nobody waits for a picture.
    new MakePreviewsPass({ ...common, leaseSeconds }),
  ];
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
