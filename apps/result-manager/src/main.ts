import { readSettings, type SettingValues } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon, type Pass } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { AuditLocationsPass } from './passes/audit-locations.pass.js';
import { CollectResultsPass } from './passes/collect-results.pass.js';
import { ObserveJobsPass, type ObserveJobsOptions } from './passes/observe-jobs.pass.js';
import { PublishProductsPass } from './passes/publish-products.pass.js';
import { RebuildLocationsPass } from './passes/rebuild-locations.pass.js';
import { WithdrawProductsPass } from './passes/withdraw-products.pass.js';
import { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';

/** Even the shortest job takes its scheduler so long; looking sooner would only put off the look that finds it ended. */
const FIRST_LOOK_MS = 500;

/** After the first copy of a product that did not succeed; doubled with each. */
const PUBLISH_AGAIN_SECONDS = 30;

/** Jobs that end meanwhile wait so long for a piece of an audit, or of a rebuild. */
const AUDIT_PIECES = { batchSize: 500, budgetMs: 1_000, retrySeconds: 60 };

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
  const { pollIntervalMs, heartbeatIntervalMs } = settings;
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
  const passes = passesOf(settings, common, backends.of);
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

type Common = Pick<ObserveJobsOptions, 'dataSource' | 'actor' | 'logger'> & {
  readonly filesOf: BackendCache['filesOf'];
};

/** What the daemon does in a tick, in this order. */
function passesOf(
  settings: SettingValues<typeof RESULT_MANAGER_SETTINGS>,
  common: Common,
  backendOf: BackendCache['of'],
): Pass[] {
  const { dataSource, actor, logger } = common;
  const { pollIntervalMs, leaseSeconds, batchSize, unknownAfterSeconds } = settings;
  const rules = {
    hashPolicy: settings.hashPolicy,
    recordGraceSeconds: settings.recordGraceSeconds,
    diskPatienceSeconds: settings.diskPatienceSeconds,
  };
  return [
    new ObserveJobsPass({
      ...common,
      now: () => new Date(),
      backendOf,
      intervalMs: pollIntervalMs,
      firstLookMs: FIRST_LOOK_MS,
      unknownAfterSeconds,
      forgottenAfterSeconds: settings.forgottenAfterSeconds,
      lostAfterSeconds: settings.lostAfterSeconds,
    }),
    new CollectResultsPass({ ...common, rules, leaseSeconds, batchSize }),
    new PublishProductsPass({
      dataSource,
      actor,
      logger,
      leaseSeconds,
      batchSize,
      retrySeconds: PUBLISH_AGAIN_SECONDS,
    }),
    new WithdrawProductsPass({ dataSource, logger, batchSize }),
    new AuditLocationsPass({
      ...common,
      leaseSeconds,
      ...AUDIT_PIECES,
      everyDays: settings.auditEveryDays,
      now: () => new Date(),
    }),
    new RebuildLocationsPass({
      ...common,
      leaseSeconds,
      budgetMs: AUDIT_PIECES.budgetMs,
      now: () => new Date(),
    }),
  ];
}

main().catch(exitWithReason);
