import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { PipelineDetail, TriggerRequest } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { collectDims } from './dims-option.js';
import { parseSettings } from './set-option.js';

interface TriggerOptions {
  readonly dims?: Dims;
  readonly step?: readonly string[];
  readonly set?: readonly string[];
  readonly force?: boolean;
}

export function addTriggerCommand(program: Command, run: Runner): void {
  program
    .command('trigger')
    .description('Ask for everything that a pipeline misses, or for a part of it')
    .argument('<pipeline>', 'name of the pipeline')
    .option('--dims <name=value>', 'only sub-groups with this dimension (repeatable)', collectDims)
    .option('--step <names...>', 'only these steps')
    .option('--set <step.parameter=value...>', 'with other parameters, for these runs only')
    .option('--force', 'also what is current already')
    .addHelpText(
      'after',
      examples(
        'trigger m17',
        'trigger m17 --dims filter=k --step mosaic --force',
        'trigger m17 --step extract --set extract.aperture=5',
      ),
    )
    .action((pipeline: string, options: TriggerOptions, command: Command) =>
      run(command, (context) => trigger(context, pipeline, options)),
    );
}

async function trigger(
  context: CommandContext,
  pipeline: string,
  { dims, step, set, force }: TriggerOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const path = `/pipelines/${encodeURIComponent(pipeline)}`;
  const settings =
    set === undefined
      ? {}
      : parseSettings(
          set,
          (await client.get<PipelineDetail>(path)).steps.map(({ name }) => name),
        );
  const request = await client.post<TriggerRequest>(`${path}/trigger`, {
    selection: dims ?? {},
    force: force === true,
    overrides: settings,
    ...(step === undefined ? {} : { steps: step }),
  });
  if (context.json) printJson(context, request);
  else
    context.terminal.print(`Asked for (request ${request.id}). Follow it with: meridian status ${pipeline}`);
  return EXIT_CODES.ok;
}
