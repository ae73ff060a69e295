import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, runDaemon } from '@meridian/daemon';
import { BackendCache } from '@meridian/hpc';
import { connectDaemon } from '@meridian/ops-db';
import { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';
import { resultManagerPasses } from './result-manager.passes.js';

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
  const passes = resultManagerPasses({
    ...{ settings, dataSource, actor, logger },
    ...{ backendOf: backends.of, filesOf: backends.filesOf, now: () => new Date() },
  });
  const close = async (): Promise<void> => {
    await backends.close();
    await database.close();
  };
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
