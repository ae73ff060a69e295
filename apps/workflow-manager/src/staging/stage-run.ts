import { join } from 'node:path';
import {
  apptainerCommand,
  ATTEMPT_FILES,
  buildJobScript,
  containerBinds,
  containerVariables,
  DomainError,
  hostCommand,
  inputMounts,
  mountPointsIn,
  wouldHideContainer,
  messageOf,
  type Bind,
  type FailureClass,
  type JobSpec,
  type LinkedFile,
} from '@meridian/core';
import { mapConcurrently } from '@meridian/daemon';
import { SiteAway, type SiteFiles } from '@meridian/hpc';
import type { ClaimedRun, LostCopy, RunInput, StagedAttempt } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { placeInput } from './place-input.js';
import { isRows, placeRows } from './place-rows.js';
import { planAttempt, type AttemptPlan } from './plan-attempt.js';
import {
  errorCode,
  InputLost,
  SiteProblem,
  SourceAway,
  StagingFailure,
  writeProblem,
} from './staging-problem.js';

const MAX_MOUNTINFO_BYTES = 1_048_576;

/** What became of one run: ready to submit, failed for good or for now, or waiting for its place. */
export type StagingOutcome =
  | {
      readonly kind: 'staged';
      readonly run: ClaimedRun;
      readonly attempt: StagedAttempt;
      readonly spec: JobSpec;
    }
  | {
      readonly kind: 'failed';
      readonly run: ClaimedRun;
      readonly failureClass: FailureClass;
      readonly reason: string;
    }
  /** A product that it needs has to be made again. */
  | {
      readonly kind: 'lost';
      readonly run: ClaimedRun;
      readonly itemId: number;
      readonly lost: readonly LostCopy[];
      readonly reason: string;
    }
  /** `isSite`: no other run could be staged there either. */
  | { readonly kind: 'waiting'; readonly run: ClaimedRun; readonly reason: string; readonly isSite: boolean };

export interface StagingOptions {
  /** Of the location where the run is to run. */
  readonly files: SiteFiles;
  /** Where rows of result tables are that runs take as inputs; null where no input is such. */
  readonly dataSource: DataSource | null;
  /** How many inputs of one run are looked at at a time. */
  readonly inputsAtOnce: number;
  readonly heartbeatSeconds: number;
}

/**
 * Prepares the directory of a run's next attempt: folders, inputs, manifest, job script. Never throws.
 *
 * It may be done twice, even by two managers at a time, because a lease that ran out does not stop whoever held it: nothing is
 * ever removed, every file appears whole under its name, and both write the same.
 */
export async function stageRun(
  run: ClaimedRun,
  inputs: readonly RunInput[],
  options: StagingOptions,
): Promise<StagingOutcome> {
  try {
    const plan = planAttempt(run, inputs);
    await checkProgram(plan, options.files);
    await write(plan, options);
    const { token } = plan.spec;
    return {
      kind: 'staged',
      run,
      attempt: { runId: run.runId, attempt: run.attempt, token, directory: plan.directory },
      spec: plan.spec,
    };
  } catch (error) {
    return outcomeOf(run, error);
  }
}

function outcomeOf(run: ClaimedRun, error: unknown): StagingOutcome {
  if (error instanceof SiteProblem) return { kind: 'waiting', run, reason: error.message, isSite: true };
  if (error instanceof SourceAway) return { kind: 'waiting', run, reason: error.message, isSite: false };
  if (error instanceof InputLost)
    return { kind: 'lost', run, itemId: error.itemId, lost: error.lost, reason: error.message };
  if (error instanceof StagingFailure)
    return { kind: 'failed', run, failureClass: error.failureClass, reason: error.message };
  if (error instanceof DomainError) {
    return {
      kind: 'failed',
      run,
      failureClass: 'SOFTWARE',
      reason: `${software(run)}: ${error.message} ${error.action}`,
    };
  }
  return {
    kind: 'failed',
    run,
    failureClass: 'INFRASTRUCTURE',
    reason: `staging failed: ${messageOf(error)}`,
  };
}

const software = (run: ClaimedRun): string => `software ${run.software} ${run.version}`;

async function checkProgram({ run, programFiles }: AttemptPlan, files: SiteFiles): Promise<void> {
  const needed = run.runtime === 'host' ? 'host_directory' : 'image';
  if ((run.runtime === 'host' ? run.hostDirectory : run.imageRef) === null) {
    throw new StagingFailure(
      'SOFTWARE',
      `${software(run)} has no ${needed}, which the ${run.runtime} runtime of location ${run.location} needs; ` +
        `register a version with one, or process at another location`,
    );
  }
  for (const path of programFiles) {
    const why = await whyUnusable(files, run, path);
    if (why === null) continue;
    throw new StagingFailure(
      'SOFTWARE',
      `${software(run)}: ${path} ${why}; restore the program or apply its definition again, then retry the run`,
    );
  }
}

async function whyUnusable(files: SiteFiles, run: ClaimedRun, path: string): Promise<string | null> {
  try {
    return (await files.stat(path)) === null ? 'does not exist' : null;
  } catch (error) {
    if (error instanceof SiteAway) throw writeProblem(error, run.location, path);
    return errorCode(error) === 'EACCES' ? 'cannot be read' : 'does not exist';
  }
}

/** Throws when the base is not there: making it would write to the disk under a mount point that is not mounted. */
export async function checkBase(
  { name, basePath }: { readonly name: string; readonly basePath: string },
  files: SiteFiles,
): Promise<void> {
  const found = await files.stat(basePath).catch((error: unknown) => {
    throw writeProblem(error, name, basePath);
  });
  if (found === null)
    throw new SiteProblem(`location ${name}: its base path ${basePath} is not there; mount or create it`);
}

async function write(plan: AttemptPlan, options: StagingOptions): Promise<void> {
  const { run, directories } = plan;
  const { files } = options;
  try {
    await files.makeDirectories(plan.makeDirectories);
    const linked = await mapConcurrently(plan.inputs, options.inputsAtOnce, ({ input, target }) =>
      isRows(input) && options.dataSource !== null
        ? placeRows(options.dataSource, { input, target, files })
        : placeInput({ input, target, staging: run.staging, files }),
    );
    await files.writeAtomically(join(directories.attempt, ATTEMPT_FILES.manifest), plan.manifest, 0o644);
    await files.writeAtomically(
      plan.spec.scriptPath,
      jobScript(plan, await sourceMounts(run, linked, files), options.heartbeatSeconds),
      0o755,
    );
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw writeProblem(error, run.location, directories.attempt);
  }
}

/** What the links in an attempt's input directory lead to, for a container: read-only, under its own path. */
async function sourceMounts(
  run: ClaimedRun,
  linked: readonly (LinkedFile | null)[],
  files: SiteFiles,
): Promise<Bind[]> {
  if (run.runtime === 'host') return [];
  // Without it (not on Linux) everything counts as one file system.
  const mountinfo = await files.read('/proc/self/mountinfo', MAX_MOUNTINFO_BYTES).catch(() => null);
  const directories = inputMounts(
    linked.filter((file) => file !== null),
    mountPointsIn(mountinfo ?? ''),
  );
  const hiding = directories.find(wouldHideContainer);
  if (hiding !== undefined)
    throw new StagingFailure(
      'STAGING',
      `inputs in ${hiding} cannot be mounted in a container, which has a directory of that name itself; ` +
        `set staging: copy for location ${run.location}, or register the files in a directory of their own`,
    );
  return directories.map((directory) => ({ source: directory, target: directory, readOnly: true }));
}

function jobScript(plan: AttemptPlan, sources: readonly Bind[], heartbeatSeconds: number): string {
  const { run } = plan;
  return buildJobScript({
    token: plan.spec.token,
    runId: run.runId,
    attempt: run.attempt,
    directory: plan.directories.attempt,
    argv: run.runtime === 'host' ? hostCommand(plan.argv) : containerArgv(plan, sources),
    environment:
      run.runtime === 'host'
        ? plan.environment
        : // The script itself wants to know how many files to hash at once.
          { ...containerVariables(run.runtime, plan.environment), WORKFLOW_CPUS: String(run.cpus) },
    heartbeatSeconds,
  });
}

const containerArgv = (plan: AttemptPlan, sources: readonly Bind[]): string[] =>
  apptainerCommand({
    program: plan.run.runtime,
    image: plan.run.imageRef ?? '',
    binds: [...sources, ...containerBinds(plan.view, plan.directories, plan.run.hostDirectory)],
    argv: plan.argv,
  });
