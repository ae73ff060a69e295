import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { WORKFLOW_MANAGER_SETTINGS } from './workflow-manager.config.js';
import { workflowManagerPasses } from './workflow-manager.passes.js';

async function main(): Promise<void> {
  const settings = readSettings(WORKFLOW_MANAGER_SETTINGS, process.env);
  const name = 'workflow-manager';
  const logger = await createLogger({ name, level: settings.logLevel, format: settings.logFormat });
  const database = await connectDaemon({
    name,
    url: settings.databaseUrl,
    topics: ['runs'],
    onLost: (error) =>
      logger.warn({ reason: error.message }, 'not listening for notifications, polling only'),
  });
  const backends = new BackendCache({
    startsJobs: true,
    readEnvironment: (variable) => process.env[variable],
    onProblem: (location, error) =>
      logger.warn(
        { location: location.name, err: error },
        `location ${location.name}: its backend has a problem`,
      ),
  });
  const passes = workflowManagerPasses({
    settings,
    dataSource: database.dataSource,
    backendOf: backends.of,
    filesOf: backends.filesOf,
    problemOf: backends.problemOf,
    owner: database.instance,
    now: () => new Date(),
    logger,
  });
  const { pollIntervalMs, heartbeatIntervalMs } = settings;
  const { beat, listen } = database;
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
