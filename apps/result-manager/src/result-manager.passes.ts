import type { SettingValues } from '@meridian/core';
import { patient, type Logger, type Pass } from '@meridian/daemon';
import type { DataSource } from 'typeorm';
import { AuditLocationsPass } from './passes/audit-locations.pass.js';
import { ClearAttemptsPass } from './passes/clear-attempts.pass.js';
import { CollectResultsPass } from './passes/collect-results.pass.js';
import { MakePreviewsPass } from './passes/make-previews.pass.js';
import { ObserveJobsPass, type ObserveJobsOptions } from './passes/observe-jobs.pass.js';
import { PublishProductsPass } from './passes/publish-products.pass.js';
import { PurgeLocationsPass, type PurgeLocationsOptions } from './passes/purge-locations.pass.js';
import { ReadProgressPass } from './passes/read-progress.pass.js';
import { RebuildLocationsPass } from './passes/rebuild-locations.pass.js';
import { WithdrawProductsPass } from './passes/withdraw-products.pass.js';
import type { RESULT_MANAGER_SETTINGS } from './result-manager.config.js';

/** Even the shortest job takes its scheduler so long; looking sooner would only put off the look that finds it ended. */
const FIRST_LOOK_MS = 500;

/** Programs say how far they are for people, who look now and then. */
const LOOK_AT_PROGRESS_SECONDS = 10;

/** After the first copy of a product that did not succeed; doubled with each. */
const PUBLISH_AGAIN_SECONDS = 30;

/** Nobody waits for room before it is short. */
const LOOK_FOR_ROOM_MS = 10_000;
const LOOK_FOR_LEAVINGS_MS = 60_000;
/** Longer than removing the largest directory takes. */
const CLEARING_SECONDS = 3600;

/** Jobs that end meanwhile wait so long for a piece of an audit, or of a rebuild. */
const AUDIT_PIECES = { batchSize: 500, budgetMs: 1_000, retrySeconds: 60 };

export interface ResultManagerOptions
  extends Pick<PurgeLocationsOptions, 'filesOf'>, Pick<ObserveJobsOptions, 'backendOf'> {
  readonly settings: SettingValues<typeof RESULT_MANAGER_SETTINGS>;
  readonly dataSource: DataSource;
  /** This process, different from every other one that ever was: it owns the leases. */
  readonly actor: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** The daemon: what jobs say first, then what becomes of their results, then what nobody waits for. */
export function resultManagerPasses(options: ResultManagerOptions): Pass[] {
  const { settings, dataSource, actor, logger, filesOf, backendOf, now } = options;
  const { pollIntervalMs, leaseSeconds, batchSize, unknownAfterSeconds } = settings;
  // What people ask for is announced, and nobody waits for the rest.
  const seldom = (pass: Pass): Pass => patient(pollIntervalMs, pass);
  const common = { dataSource, actor, logger, filesOf };
  return [
    new ObserveJobsPass({
      ...common,
      now,
      backendOf,
      intervalMs: pollIntervalMs,
      firstLookMs: FIRST_LOOK_MS,
      unknownAfterSeconds,
      forgottenAfterSeconds: settings.forgottenAfterSeconds,
      lostAfterSeconds: settings.lostAfterSeconds,
    }),
    new CollectResultsPass({ ...common, rules: settings, leaseSeconds, batchSize }),
    ...[
      new PublishProductsPass({ ...common, leaseSeconds, batchSize, retrySeconds: PUBLISH_AGAIN_SECONDS }),
      new WithdrawProductsPass({ ...common, batchSize }),
      new PurgeLocationsPass({ ...common, leaseSeconds, batchSize, lookEveryMs: LOOK_FOR_ROOM_MS }),
      new ClearAttemptsPass({
        ...common,
        leaseSeconds: CLEARING_SECONDS,
        batchSize,
        lookEveryMs: LOOK_FOR_LEAVINGS_MS,
      }),
      new AuditLocationsPass({
        ...common,
        ...AUDIT_PIECES,
        leaseSeconds,
        everyDays: settings.auditEveryDays,
        now,
      }),
      new RebuildLocationsPass({ ...common, leaseSeconds, budgetMs: AUDIT_PIECES.budgetMs, now }),
      new ReadProgressPass({ ...common, everySeconds: LOOK_AT_PROGRESS_SECONDS }),
      // Last: nobody waits for a picture.
      new MakePreviewsPass({ ...common, leaseSeconds }),
    ].map(seldom),
  ];
}
