import { readSettings } from '@meridian/core';
import { createLogger, exitWithReason, patient, runDaemon } from '@meridian/daemon';
import { connectDaemon, databaseTime } from '@meridian/ops-db';
import { FireCronPass } from './passes/fire-cron.pass.js';
import { EvaluateGapsPass } from './passes/evaluate-gaps.pass.js';
import { FoldTalliesPass } from './passes/fold-tallies.pass.js';
import { ReconcileGapsPass } from './passes/reconcile-gaps.pass.js';
import { TrimChangesPass } from './passes/trim-changes.pass.js';
import { TRIGGER_MANAGER_SETTINGS } from './trigger-manager.config.js';

async function main(): Promise<void> {
  const settings = readSettings(TRIGGER_MANAGER_SETTINGS, process.env);
  const name = 'trigger-manager';
  const logger = await createLogger({ name, level: settings.logLevel, format: settings.logFormat });
  const database = await connectDaemon({
    name,
    url: settings.databaseUrl,
    topics: ['evaluate'],
    onLost: (error) =>
      logger.warn({ reason: error.message }, 'not listening for notifications, polling only'),
  });
  const passes = [
    // Pipelines that change are announced, and it wishes for their times itself.
    patient(
      settings.pollIntervalMs,
      new FireCronPass({ dataSource: database.dataSource, logger, now: databaseTime }),
    ),
    new EvaluateGapsPass({
      dataSource: database.dataSource,
      actor: database.instance,
      logger,
      now: databaseTime,
      fireLimit: settings.fireLimit,
    }),
    new ReconcileGapsPass({
      dataSource: database.dataSource,
      logger,
      now: databaseTime,
      everySeconds: settings.reconcileSeconds,
    }),
    new TrimChangesPass({ dataSource: database.dataSource, logger, now: databaseTime }),
    new FoldTalliesPass(database.dataSource),
  ];
  const { pollIntervalMs, heartbeatIntervalMs } = settings;
  const { beat, listen, close } = database;
  await runDaemon({ name, passes, logger, pollIntervalMs, heartbeatIntervalMs, beat, listen, close });
}

main().catch(exitWithReason);
