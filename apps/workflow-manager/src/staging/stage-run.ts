import { access, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  apptainerCommand,
  ATTEMPT_FILES,
  buildJobScript,
  containerBinds,
  DomainError,
  hostCommand,
  type Bind,
  type FailureClass,
  type JobSpec,
} from '@meridian/core';
import type { ClaimedRun, RunInput, StagedAttempt } from '@meridian/ops-db';
import { mapConcurrently } from '@meridian/daemon';
import { placeInput } from './place-input.js';
import { planAttempt, type AttemptPlan } from './plan-attempt.js';
import {
  errorCode,
  messageOf,
  SiteProblem,
  SourceAway,
  StagingFailure,
  writeProblem,
} from './staging-problem.js';
import { writeFileAtomically } from './write-atomically.js';

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
  /** `isSite`: no other run could be staged there either. */
  | { readonly kind: 'waiting'; readonly run: ClaimedRun; readonly reason: string; readonly isSite: boolean };

export interface StagingOptions {
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
    await checkProgram(plan);
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

async function checkProgram({ run, programFiles }: AttemptPlan): Promise<void> {
  const needed = run.runtime === 'host' ? 'host_directory' : 'image';
  if ((run.runtime === 'host' ? run.hostDirectory : run.imageRef) === null) {
    throw new StagingFailure(
      'SOFTWARE',
      `${software(run)} has no ${needed}, which the ${run.runtime} runtime of location ${run.location} needs; ` +
        `register a version with one, or process at another location`,
    );
  }
  for (const path of programFiles) {
    await access(path).catch((error: unknown) => {
      const why = errorCode(error) === 'EACCES' ? 'cannot be read' : 'does not exist';
      throw new StagingFailure(
        'SOFTWARE',
        `${software(run)}: ${path} ${why}; restore the program or apply its definition again, then retry the run`,
      );
    });
  }
}

/** Throws when the base is not there: making it would write to the disk under a mount point that is not mounted. */
export async function checkBase(location: {
  readonly name: string;
  readonly basePath: string;
}): Promise<void> {
  try {
    await stat(location.basePath);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw writeProblem(error, location.name, location.basePath);
    throw new SiteProblem(
      `location ${location.name}: its base path ${location.basePath} is not there; mount or create it`,
    );
  }
}

async function write(plan: AttemptPlan, options: StagingOptions): Promise<void> {
  const { run, directories } = plan;
  try {
    for (const directory of plan.makeDirectories) await mkdir(directory, { recursive: true });
    const linkedBases = await mapConcurrently(plan.inputs, options.inputsAtOnce, ({ input, target }) =>
      placeInput({ input, target, staging: run.staging }),
    );
    await writeFileAtomically(join(directories.attempt, ATTEMPT_FILES.manifest), plan.manifest, 0o644);
    await writeFileAtomically(
      plan.spec.scriptPath,
      jobScript(plan, linkedBases, options.heartbeatSeconds),
      0o755,
    );
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw writeProblem(error, run.location, directories.attempt);
  }
}

function jobScript(
  plan: AttemptPlan,
  linkedBases: readonly (string | null)[],
  heartbeatSeconds: number,
): string {
  const { run } = plan;
  const isHost = run.runtime === 'host';
  return buildJobScript({
    token: plan.spec.token,
    runId: run.runId,
    attempt: run.attempt,
    directory: plan.directories.attempt,
    argv: isHost ? hostCommand(plan.argv) : containerArgv(plan, linkedBases),
    // Inside a container the step gets its own; the script itself only wants to know how many files to hash at once.
    environment: isHost ? plan.environment : { WORKFLOW_CPUS: String(run.cpus) },
    heartbeatSeconds,
  });
}

/** Links lead out of the input directory, so what they lead to is mounted under its own path, read-only. */
function containerArgv(plan: AttemptPlan, linkedBases: readonly (string | null)[]): string[] {
  const bases = [...new Set(linkedBases.filter((base) => base !== null))].sort();
  const sources: Bind[] = bases.map((base) => ({ source: base, target: base, readOnly: true }));
  return apptainerCommand({
    program: plan.run.runtime,
    image: plan.run.imageRef ?? '',
    binds: [...sources, ...containerBinds(plan.view, plan.directories)],
    environment: plan.environment,
    argv: plan.argv,
  });
}
