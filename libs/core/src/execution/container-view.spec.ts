import { fillCommand } from '../command/build-command.js';
import {
  commandValues,
  containerBinds,
  containerEnvironment,
  containerView,
  hostView,
} from './container-view.js';

const directories = { attempt: '/b/p/s/grid/12.1', workspace: '/b/p/s/workspace', scratch: '/tmp' };
const run = {
  runId: 12,
  attempt: 1,
  pipeline: 'maps',
  step: 'grid',
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 10 },
};

it('without a container the variables name the directories of the host', () => {
  expect(containerEnvironment(hostView(directories), run)).toEqual({
    WORKFLOW_INPUT_DIR: '/b/p/s/grid/12.1/input',
    WORKFLOW_OUTPUT_DIR: '/b/p/s/grid/12.1/output',
    WORKFLOW_WORKSPACE_DIR: '/b/p/s/workspace',
    WORKFLOW_CONFIG_DIR: '/b/p/s/grid/12.1/config',
    WORKFLOW_MANIFEST: '/b/p/s/grid/12.1/config/manifest.json',
    WORKFLOW_LOGS_DIR: '/b/p/s/grid/12.1/logs',
    WORKFLOW_SCRATCH_DIR: '/tmp',
    WORKFLOW_RUN_ID: '12',
    WORKFLOW_ATTEMPT: '1',
    WORKFLOW_PIPELINE: 'maps',
    WORKFLOW_STEP: 'grid',
    WORKFLOW_CPUS: '2',
    WORKFLOW_MEMORY_MB: '500',
  });
});

it('in a container they name its own, the same for every run', () => {
  expect(containerEnvironment(containerView({ step: 'grid', isFinalStep: true }), run)).toMatchObject({
    WORKFLOW_INPUT_DIR: '/workflow/input',
    WORKFLOW_OUTPUT_DIR: '/workflow/output',
    WORKFLOW_WORKSPACE_DIR: '/workflow/workspace',
    WORKFLOW_CONFIG_DIR: '/workflow/config',
    WORKFLOW_MANIFEST: '/workflow/config/manifest.json',
    WORKFLOW_LOGS_DIR: '/workflow/logs',
    WORKFLOW_SCRATCH_DIR: '/workflow/scratch',
  });
});

it('an intermediate step writes below the workspace, into a mount of its own attempt', () => {
  const view = containerView({ step: 'grid', isFinalStep: false });
  expect(view.output).toBe('/workflow/workspace/grid');
  expect(containerBinds(view, directories)).toEqual([
    { source: '/b/p/s/grid/12.1/input', target: '/workflow/input', readOnly: true },
    { source: '/b/p/s/grid/12.1/config', target: '/workflow/config', readOnly: true },
    { source: '/b/p/s/workspace', target: '/workflow/workspace', readOnly: false },
    { source: '/b/p/s/grid/12.1/output', target: '/workflow/workspace/grid', readOnly: false },
    { source: '/b/p/s/grid/12.1/logs', target: '/workflow/logs', readOnly: false },
    { source: '/tmp', target: '/workflow/scratch', readOnly: false },
  ]);
});

it('a program in a folder of its own is mounted beside its inputs', () => {
  const view = containerView({ step: 'grid', isFinalStep: true });
  expect(containerBinds(view, directories, '/opt/grid')[0]).toEqual({
    source: '/opt/grid',
    target: '/workflow/software',
    readOnly: true,
  });
});

it('the variables of the contract win over those of the software', () => {
  const environment = containerEnvironment(hostView(directories), run, {
    OMP_NUM_THREADS: '2',
    WORKFLOW_RUN_ID: '99',
  });
  expect([environment['OMP_NUM_THREADS'], environment['WORKFLOW_RUN_ID']]).toEqual(['2', '12']);
});

it('a command may name each directory, and the software only where it is a folder', () => {
  const view = containerView({ step: 'grid', isFinalStep: true });
  const template = [
    '{software_dir}/run',
    '{input_dir}',
    '{output_dir}',
    '{config_dir}',
    '{workspace_dir}',
    '{manifest}',
  ];
  expect(fillCommand(template, commandValues(view, '/opt/grid'))).toEqual([
    '/opt/grid/run',
    '/workflow/input',
    '/workflow/output',
    '/workflow/config',
    '/workflow/workspace',
    '/workflow/config/manifest.json',
  ]);
  expect(() => fillCommand(template, commandValues(view))).toThrow('{software_dir}');
});
