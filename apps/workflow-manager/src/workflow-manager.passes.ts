import type { SettingValues } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import type { DataSource } from 'typeorm';
import { CancelRunsPass } from './passes/cancel-runs.pass.js';
import { ReconcileSubmissionsPass } from './passes/reconcile-submissions.pass.js';
import { RescueExpiredLeasesPass } from './passes/rescue-expired-leases.pass.js';
import { SubmitRunsPass } from './passes/submit-runs.pass.js';
import { Sites, type BackendLookup } from './sites/sites.js';
import type { WORKFLOW_MANAGER_SETTINGS } from './workflow-manager.config.js';

export interface WorkflowManagerOptions {
  readonly settings: SettingValues<typeof WORKFLOW_MANAGER_SETTINGS>;
  readonly dataSource: DataSource;
  readonly backendOf: BackendLookup;
  /** This process, different from every other one that ever was: it owns the leases. */
  readonly owner: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Inputs that are held in memory at a time, about 1 kB each. */
const INPUTS_PER_BATCH = 20_000;
const INPUTS_STAGED_AT_ONCE = 4;

/** How soon a submission whose outcome is unknown is looked up: at once it would seldom be known. */
const LOOK_UP_AFTER_SECONDS = 5;

/**
 * The daemon: what people want stopped first, then what others left behind, then new work.
 *
 * A manager may be killed anywhere. Who goes on, and from what:
 *
 * | it died …                                      | the run is left …                        | found by                                                       |
 * |------------------------------------------------|------------------------------------------|----------------------------------------------------------------|
 * | before the claim was committed                 | PENDING                                  | submit-runs                                                    |
 * | after the claim, while staging                 | STAGING_DATA under a lease that runs out | rescue-expired-leases → PENDING; what was staged is used again |
 * | after the intent, before the site was asked    | SUBMITTING under a lease that runs out   | reconcile-submissions: absent, and old enough → submitted again |
 * | after the site accepted, before that was recorded | SUBMITTING under a lease that runs out | reconcile-submissions: found by its token → adopted            |
 * | after the job began, and the site forgot it    | SUBMITTING                               | reconcile-submissions: found by its claim marker → adopted     |
 * | after the record                               | SUBMITTED                                | the result-manager                                             |
 * | between failing and retrying a run             | as before: both are one transaction      | whoever had it                                                 |
 * | while reconciling, before submitting again     | SUBMITTING, as old as the new intent     | reconcile-submissions, after the site's time-out once more     |
 * | after a cancellation was asked for             | as it was                                | cancel-runs; a SUBMITTING one reconcile-submissions            |
 *
 * A manager that was only suspended finds its lease gone: the intent is a compare-and-set on the lease. If it is suspended between intent and
 * submission for longer than that, it does not submit; and should a second copy of a job exist after all, the claim in the attempt directory
 * lets one of them run.
 */
export function workflowManagerPasses(options: WorkflowManagerOptions): Pass[] {
  const { settings, dataSource, backendOf, owner, now, logger } = options;
  const { batchSize, leaseSeconds, waitSeconds } = settings;
  const sites = new Sites({ dataSource, backendOf, now, logger, holdSeconds: waitSeconds });
  const common = { dataSource, sites, owner, now, logger, batchSize };
  return [
    new CancelRunsPass({ ...common, askAgainAfterSeconds: settings.cancelAgainSeconds }),
    new RescueExpiredLeasesPass(common),
    new ReconcileSubmissionsPass({
      ...common,
      leaseSeconds,
      graceSeconds: settings.submissionGraceSeconds,
      lookUpAfterSeconds: LOOK_UP_AFTER_SECONDS,
    }),
    new SubmitRunsPass({
      ...common,
      limits: {
        batchSize,
        leaseSeconds,
        waitSeconds,
        inputsPerBatch: INPUTS_PER_BATCH,
        runsStagedAtOnce: settings.runsStagedAtOnce,
        inputsStagedAtOnce: INPUTS_STAGED_AT_ONCE,
        lookUpAfterSeconds: LOOK_UP_AFTER_SECONDS,
        heartbeatSeconds: settings.jobHeartbeatSeconds,
      },
    }),
  ];
}
