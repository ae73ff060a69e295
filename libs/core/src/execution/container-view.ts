import { ATTEMPT_FILES, safeName } from './attempt-paths.js';
import type { Resources } from './job.js';

/** Where a run's directories are on the processing location, all absolute. */
export interface RunDirectories {
  readonly attempt: string;
  readonly workspace: string;
  /** Node-local and shared by jobs; a tool makes its own folder there and removes it. */
  readonly scratch: string;
}

/** The same directories as the tool sees them. */
export interface ContainerView {
  readonly input: string;
  readonly output: string;
  readonly config: string;
  readonly manifest: string;
  readonly workspace: string;
  readonly logs: string;
  readonly scratch: string;
}

/** One directory of the host that a container sees. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Where a container sees the folder of a program that is not in its image. */
export const CONTAINER_SOFTWARE_DIRECTORY = '/workflow/software';

/** Without a container a tool sees the host's own directories. */
export const hostView = ({ attempt, workspace, scratch }: RunDirectories): ContainerView => ({
  input: `${attempt}/${ATTEMPT_FILES.input}`,
  output: `${attempt}/${ATTEMPT_FILES.output}`,
  config: `${attempt}/config`,
  manifest: `${attempt}/${ATTEMPT_FILES.manifest}`,
  workspace,
  logs: `${attempt}/${ATTEMPT_FILES.logs}`,
  scratch,
});

/**
 * What a tool sees inside a container. An intermediate step writes to `/workflow/workspace/<step>`, a final one to
 * `/workflow/output`; both are this attempt's own output directory.
 */
export const containerView = ({
  step,
  isFinalStep,
}: {
  step: string;
  isFinalStep: boolean;
}): ContainerView => ({
  input: '/workflow/input',
  output: isFinalStep ? '/workflow/output' : `/workflow/workspace/${safeName(step)}`,
  config: '/workflow/config',
  manifest: '/workflow/config/manifest.json',
  workspace: '/workflow/workspace',
  logs: '/workflow/logs',
  scratch: '/workflow/scratch',
});

/**
 * The binds that make `view` true, outer directories first. A bind needs its target to exist: for an intermediate step
 * the caller makes `<workspace>/<step>` on the host. `softwareDirectory` is the program's folder, where it has one.
 */
export function containerBinds(
  view: ContainerView,
  directories: RunDirectories,
  softwareDirectory: string | null = null,
): Bind[] {
  const host = hostView(directories);
  const software: Bind[] =
    softwareDirectory === null
      ? []
      : [{ source: softwareDirectory, target: CONTAINER_SOFTWARE_DIRECTORY, readOnly: true }];
  return [
    ...software,
    { source: host.input, target: view.input, readOnly: true },
    { source: host.config, target: view.config, readOnly: true },
    { source: host.workspace, target: view.workspace, readOnly: false },
    { source: host.output, target: view.output, readOnly: false },
    { source: host.logs, target: view.logs, readOnly: false },
    { source: host.scratch, target: view.scratch, readOnly: false },
  ];
}

export interface RunIdentity {
  readonly runId: number;
  readonly attempt: number;
  readonly pipeline: string;
  readonly step: string;
  readonly resources: Resources;
}

/** The variables of the contract for either runtime; they win over the software version's own of the same name. */
export function containerEnvironment(
  view: ContainerView,
  run: RunIdentity,
  softwareEnvironment: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...softwareEnvironment,
    WORKFLOW_INPUT_DIR: view.input,
    WORKFLOW_OUTPUT_DIR: view.output,
    WORKFLOW_WORKSPACE_DIR: view.workspace,
    WORKFLOW_CONFIG_DIR: view.config,
    WORKFLOW_MANIFEST: view.manifest,
    WORKFLOW_LOGS_DIR: view.logs,
    WORKFLOW_SCRATCH_DIR: view.scratch,
    WORKFLOW_RUN_ID: String(run.runId),
    WORKFLOW_ATTEMPT: String(run.attempt),
    WORKFLOW_PIPELINE: run.pipeline,
    WORKFLOW_STEP: run.step,
    WORKFLOW_CPUS: String(run.resources.cpus),
    WORKFLOW_MEMORY_MB: String(run.resources.memoryMb),
  };
}

/** Values for the placeholders of a command template. `softwareDirectory` is absent where the program is in the image alone. */
export const commandValues = (view: ContainerView, softwareDirectory?: string): Record<string, string> => ({
  ...(softwareDirectory === undefined ? {} : { software_dir: softwareDirectory }),
  input_dir: view.input,
  output_dir: view.output,
  config_dir: view.config,
  workspace_dir: view.workspace,
  manifest: view.manifest,
});
