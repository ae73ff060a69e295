import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { CollectResultsPass } from './passes/collect-results.pass.js';
import { ObserveJobsPass } from './passes/observe-jobs.pass.js';
import { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';

/** Sites are asked a little more often than the poll comes round, so that a poll that is early by some milliseconds is not skipped. */
const OBSERVE_EVERY = 0.8;

async function main(): Promise<void> {
  const settings = readSettings(RESULT_MANAGER_SETTINGS, process.env);
  const name = 'result-manager';
  const logger = await createLogger({ name, level: settings.logLevel, format: settings.logFormat });
  const database = await connectDaemon({
    name,
    url: settings.databaseUrl,
    topics: ['results'],
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
  const intervalMs = pollIntervalMs * OBSERVE_EVERY;
  const rules = {
    hashPolicy: settings.hashPolicy,
    recordGraceSeconds: settings.recordGraceSeconds,
    diskPatienceSeconds: settings.diskPatienceSeconds,
  };
  const passes = [
    new ObserveJobsPass({
      dataSource,
      actor,
      logger,
      now: () => new Date(),
      backendOf: backends.of,
      intervalMs,
      unknownAfterSeconds,
      forgottenAfterSeconds: settings.forgottenAfterSeconds,
    }),
    new CollectResultsPass({ dataSource, actor, logger, rules, leaseSeconds, batchSize }),
  ];
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
