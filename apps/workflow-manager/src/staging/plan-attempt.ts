import { join } from 'node:path';
import {
  ATTEMPT_FILES,
  attemptDirectory,
  buildManifest,
  commandValues,
  CONTAINER_SOFTWARE_DIRECTORY,
  containerEnvironment,
  containerView,
  fillCommand,
  hostView,
  jobToken,
  manifestText,
  safeName,
  workspaceDirectory,
  type ContainerView,
  type JobSpec,
  type ManifestInput,
  type ManifestProvenance,
  type Resources,
  type RunDirectories,
} from '@meridian/core';
import type { ClaimedRun, RunInput } from '@meridian/ops-db';
import { inputNames } from './input-names.js';

/** All that staging one attempt comes to, decided before the disk is touched. */
export interface AttemptPlan {
  readonly run: ClaimedRun;
  /** Relative to the location's base path: what the attempt row keeps. */
  readonly directory: string;
  readonly directories: RunDirectories;
  readonly view: ContainerView;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly input: RunInput; readonly target: string }[];
  readonly manifest: string;
  /** Files of the program that must exist before anything is submitted. */
  readonly programFiles: readonly string[];
  /** Directories to make, outer ones first. */
  readonly makeDirectories: readonly string[];
  readonly spec: JobSpec;
}

const SOFTWARE_DIRECTORY = '{software_dir}';

/** On the node where the job runs: every POSIX machine has it. */
const NODE_LOCAL_DIRECTORY = '/tmp';

/**
 * The plan of a run's next attempt. The same run and inputs give the same plan, so staging it twice is harmless.
 *
 * @throws DomainError `software.unknown_placeholder` when the command cannot be filled
 */
export function planAttempt(run: ClaimedRun, inputs: readonly RunInput[]): AttemptPlan {
  const { installation } = run;
  const place = {
    installation,
    pipeline: run.pipeline,
    subGroupDims: run.subGroupDims,
    subGroupKey: run.subGroupKey,
  };
  const directory = attemptDirectory({ ...place, step: run.step, runId: run.runId, attempt: run.attempt });
  const attempt = join(run.basePath, directory);
  const directories = {
    attempt,
    workspace: join(run.basePath, workspaceDirectory(place)),
    scratch: NODE_LOCAL_DIRECTORY,
  };
  const isHost = run.runtime === 'host';
  const view = isHost
    ? hostView(directories)
    : containerView({ step: run.step, isFinalStep: run.isFinalStep });
  const bindings = bindingsOf(inputs);
  const named = placesOf(inputs, bindings);
  return {
    run,
    directory,
    directories,
    view,
    argv: fillCommand(run.command, commandValues(view, softwareDirectory(run) ?? undefined)),
    environment: environmentOf(run, view),
    inputs: named.map(({ input, name }) => ({ input, target: join(attempt, ATTEMPT_FILES.input, name) })),
    manifest: manifestOf(
      run,
      named.map(({ input, name }) => manifestInput(run, input, `${view.input}/${name}`)),
    ),
    programFiles: programFiles(run),
    makeDirectories: [
      join(attempt, 'config'),
      join(attempt, ATTEMPT_FILES.input),
      ...bindings.map((binding) => join(attempt, ATTEMPT_FILES.input, binding)),
      join(attempt, ATTEMPT_FILES.output),
      join(attempt, ATTEMPT_FILES.logs),
      // A bind needs its target: an intermediate step's output is mounted inside the workspace.
      join(directories.workspace, ...(isHost || run.isFinalStep ? [] : [safeName(run.step)])),
    ],
    spec: jobSpec({
      token: jobToken(run),
      label: `${run.pipeline}/${run.step}`,
      directory: attempt,
      resources: resourcesOf(run),
    }),
  };
}

const bindingsOf = (inputs: readonly RunInput[]): readonly string[] =>
  [...new Set(inputs.map(({ binding }) => binding))].filter((binding) => binding !== '').sort();

/** Where each input goes inside the input directory: members into it, what is bound into a folder of the binding's name. */
function placesOf(
  inputs: readonly RunInput[],
  bindings: readonly string[],
): { readonly input: RunInput; readonly name: string }[] {
  return ['', ...bindings].flatMap((folder) => {
    const items = inputs.filter(({ binding }) => binding === folder);
    const names = inputNames(items, folder === '' ? bindings : []);
    return items.map((input) => {
      const name = names.get(input.itemId) ?? String(input.itemId);
      return { input, name: folder === '' ? name : `${folder}/${name}` };
    });
  });
}

/** The job of an attempt whose directory is staged; a resubmission asks for exactly the same. */
export const jobSpec = ({
  token,
  label,
  directory,
  resources,
}: Pick<JobSpec, 'token' | 'label' | 'directory' | 'resources'>): JobSpec => ({
  token,
  label,
  scriptPath: join(directory, ATTEMPT_FILES.script),
  directory,
  stdoutPath: join(directory, ATTEMPT_FILES.jobStdout),
  stderrPath: join(directory, ATTEMPT_FILES.jobStderr),
  resources,
});

const resourcesOf = (run: ClaimedRun): Resources => ({
  cpus: run.cpus,
  memoryMb: run.memoryMb,
  walltimeMinutes: run.walltimeMinutes,
});

const environmentOf = (run: ClaimedRun, view: ContainerView): Record<string, string> =>
  containerEnvironment(
    view,
    {
      runId: run.runId,
      attempt: run.attempt,
      pipeline: run.pipeline,
      step: run.step,
      resources: resourcesOf(run),
    },
    Object.fromEntries(Object.entries(run.environment).map(([name, value]) => [name, textOf(value)])),
  );

const manifestOf = (run: ClaimedRun, inputs: readonly ManifestInput[]): string =>
  manifestText(
    buildManifest({
      runId: run.runId,
      attempt: run.attempt,
      runDims: run.dims,
      pipeline: run.pipeline,
      step: run.step,
      isFinalStep: run.isFinalStep,
      software: { name: run.software, version: run.version, digest: run.digest },
      config: run.config,
      resources: resourcesOf(run),
      inputs,
      outputs: run.outputs,
      provenance: provenanceOf(run),
    }),
  );

const provenanceOf = (run: ClaimedRun): ManifestProvenance => ({
  location: run.location,
  sub_group: { key: run.subGroupKey, dims: run.subGroupDims },
  recipe: { hash: run.recipeHash, document: run.recipe },
  software_hash: run.softwareHash,
  config_hash: run.configHash,
  priority: run.priority,
  causes: run.causes,
  created_at: run.createdAt.toISOString(),
  remakes_run: run.remakesRunId,
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function manifestInput(run: ClaimedRun, input: RunInput, path: string): ManifestInput {
  const { binding, itemId } = input;
  const file = {
    id: itemId,
    name: input.name,
    path,
    size_bytes: input.sizeBytes,
    sha256: input.sha256,
    dims: input.dims,
    product_type: input.productType,
    ...(input.externalId === null ? {} : { external_id: input.externalId }),
    ...(input.madeBy === null ? {} : { made_by: input.madeBy }),
  };
  if (binding === '') return { ...file, role: input.productType === null ? 'member' : 'upstream' };
  const chosen = run.bindings.find((bound) => bound.binding === binding && bound.itemId === itemId);
  if (chosen === undefined) throw new Error(`nothing says how ${binding} (item ${itemId}) was chosen`);
  const { role, method, offsetSeconds, weight } = chosen;
  const association = { role, method, offset_seconds: offsetSeconds, weight };
  return { ...file, role: 'association', binding, association };
}

/** Where the program sees its own folder; null when it has none. */
const softwareDirectory = ({ runtime, hostDirectory }: ClaimedRun): string | null =>
  runtime === 'host' || hostDirectory === null ? hostDirectory : CONTAINER_SOFTWARE_DIRECTORY;

/** The program's folder, and what the command names inside it. */
function programFiles(run: ClaimedRun): string[] {
  const { hostDirectory } = run;
  if (hostDirectory === null) return [];
  const inside = run.command
    .filter((word) => word.startsWith(`${SOFTWARE_DIRECTORY}/`))
    .map((word) => join(hostDirectory, word.slice(SOFTWARE_DIRECTORY.length)));
  return [hostDirectory, ...inside];
}
