import { homedir } from 'node:os';
import { join } from 'node:path';
import type { BreakerRule, SettingValues } from '@meridian/core';
import { patient, type Logger, type Pass } from '@meridian/daemon';
import type { DataSource } from 'typeorm';
import { ImageKeeper } from './images/image-keeper.js';
import { CancelRunsPass } from './passes/cancel-runs.pass.js';
import { CarryOutKillsPass } from './passes/carry-out-kills.pass.js';
import { CheckSitesPass } from './passes/check-sites.pass.js';
import { NoteHeldRunsPass } from './passes/note-held-runs.pass.js';
import { PrepareImagesPass } from './passes/prepare-images.pass.js';
import { ReconcileSubmissionsPass } from './passes/reconcile-submissions.pass.js';
import { RemakeProductsPass } from './passes/remake-products.pass.js';
import { RescueExpiredLeasesPass } from './passes/rescue-expired-leases.pass.js';
import { SubmitRunsPass, type SubmitRunsLimits } from './passes/submit-runs.pass.js';
import { TripBreakersPass } from './passes/trip-breakers.pass.js';
import { Sites, type BackendLookup, type FilesLookup, type ProblemLookup } from './sites/sites.js';
import type { WORKFLOW_MANAGER_SETTINGS } from './workflow-manager.config.js';

export interface WorkflowManagerOptions {
  readonly settings: SettingValues<typeof WORKFLOW_MANAGER_SETTINGS>;
  readonly dataSource: DataSource;
  readonly backendOf: BackendLookup;
  readonly filesOf: FilesLookup;
  readonly problemOf: ProblemLookup;
  /** This process, different from every other one that ever was: it owns the leases. */
  readonly owner: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Inputs that are held in memory at a time, about 1 kB each. */
const INPUTS_PER_BATCH = 20_000;
const INPUTS_STAGED_AT_ONCE = 4;

/** Waiting runs that are told what they wait for in one statement. */
const NOTES_AT_A_TIME = 2_000;

/** How soon a submission whose outcome is unknown is looked up: at once it would seldom be known. */
const LOOK_UP_AFTER_SECONDS = 5;

/** How often an image that is where it should be is looked at again. */
const LOOK_AT_IMAGES_SECONDS = 300;

/** How long new work waits for an image; most files are read by then. */
const IMAGE_PATIENCE_MS = 1_000;

const CHECK_PATIENCE_MS = 1_000;

/** A scheduler whose controller is dead answers after half a minute. */
const LONGEST_KILL_LOOK_SECONDS = 60;

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
 * | while judging circuit breakers                | one transaction: as before               | trip-breakers                                                  |
 * | while it looked what a kill left alive         | as it was                                | carry-out-kills, when that look's time is over                 |
 *
 * A manager that was only suspended finds its lease gone: the intent is a compare-and-set on the lease. If it is suspended between intent and
 * submission for longer than that, it does not submit; and should a second copy of a job exist after all, the claim in the attempt directory
 * lets one of them run.
 */
export function workflowManagerPasses(options: WorkflowManagerOptions): Pass[] {
  const { settings, dataSource, backendOf, filesOf, owner, now, logger } = options;
  const { batchSize, leaseSeconds, waitSeconds } = settings;
  // What people ask for is announced, and leases and images last.
  const seldom = (pass: Pass): Pass => patient(settings.pollIntervalMs, pass);
  const sites = new Sites({ dataSource, backendOf, filesOf, now, logger, holdSeconds: waitSeconds });
  const images = imageKeeper(options);
  const common = { dataSource, sites, owner, now, logger, batchSize };
  return [
    seldom(new CancelRunsPass({ ...common, askAgainAfterSeconds: settings.cancelAgainSeconds })),
    seldom(new RescueExpiredLeasesPass(common)),
    new CheckSitesPass({
      ...common,
      backendOf,
      filesOf,
      problemOf: options.problemOf,
      intervals: {
        healthySeconds: settings.healthSeconds,
        unhealthySeconds: Math.min(settings.healthSeconds, waitSeconds),
      },
      patienceMs: CHECK_PATIENCE_MS,
    }),
    new ReconcileSubmissionsPass({
      ...common,
      leaseSeconds,
      graceSeconds: settings.submissionGraceSeconds,
      lookUpAfterSeconds: LOOK_UP_AFTER_SECONDS,
    }),
    seldom(new PrepareImagesPass({ dataSource, sites, images, everySeconds: LOOK_AT_IMAGES_SECONDS })),
    seldom(new RemakeProductsPass(common)),
    new TripBreakersPass({ ...common, rule: breakerRule(settings) }),
    new SubmitRunsPass({
      ...common,
      images,
      limits: submitLimits(settings),
    }),
    new NoteHeldRunsPass({ ...common, everySeconds: settings.noteSeconds, batchSize: NOTES_AT_A_TIME }),
    // Last: a site that takes long to say what is alive must not keep the others from new work.
    new CarryOutKillsPass({
      ...common,
      lookLeaseSeconds: Math.max(leaseSeconds, LONGEST_KILL_LOOK_SECONDS),
      lookSeconds: settings.killLookSeconds,
      silentLookSeconds: waitSeconds,
      askAgainAfterSeconds: settings.cancelAgainSeconds,
    }),
  ];
}

const imageKeeper = ({ settings, dataSource, owner, logger }: WorkflowManagerOptions): ImageKeeper =>
  new ImageKeeper({
    dataSource,
    owner,
    logger,
    leaseSeconds: settings.leaseSeconds,
    registries: {
      insecureRegistries: new Set(settings.insecureRegistries.split(',').map((host) => host.trim())),
      credentialsFile: join(homedir(), '.apptainer/docker-config.json'),
    },
    patienceMs: IMAGE_PATIENCE_MS,
  });

const breakerRule = (settings: WorkflowManagerOptions['settings']): BreakerRule => ({
  failures: settings.breakerFailures,
  of: settings.breakerOf,
  windowSeconds: settings.breakerWindowMinutes * 60,
  coolDownSeconds: settings.breakerCoolDownSeconds,
  maxCoolDownSeconds: settings.breakerMaxCoolDownSeconds,
});

const submitLimits = (settings: WorkflowManagerOptions['settings']): SubmitRunsLimits => ({
  batchSize: settings.batchSize,
  leaseSeconds: settings.leaseSeconds,
  waitSeconds: settings.waitSeconds,
  inputsPerBatch: INPUTS_PER_BATCH,
  runsStagedAtOnce: settings.runsStagedAtOnce,
  inputsStagedAtOnce: INPUTS_STAGED_AT_ONCE,
  lookUpAfterSeconds: LOOK_UP_AFTER_SECONDS,
  heartbeatSeconds: settings.jobHeartbeatSeconds,
});
