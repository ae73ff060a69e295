import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { TriggerRequest } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { collectDims } from './dims-option.js';

interface TriggerOptions {
  readonly dims?: Dims;
  readonly step?: readonly string[];
  readonly force?: boolean;
}

export function addTriggerCommand(program: Command, run: Runner): void {
  program
    .command('trigger')
    .description('Ask for everything that a pipeline misses, or for a part of it')
    .argument('<pipeline>', 'name of the pipeline')
    .option('--dims <name=value>', 'only sub-groups with this dimension (repeatable)', collectDims)
    .option('--step <names...>', 'only these steps')
    .option('--force', 'also what is current already')
    .addHelpText('after', examples('trigger m17', 'trigger m17 --dims filter=k --step mosaic --force'))
    .action((pipeline: string, options: TriggerOptions, command: Command) =>
      run(command, (context) => trigger(context, pipeline, options)),
    );
}

async function trigger(
  context: CommandContext,
  pipeline: string,
  { dims, step, force }: TriggerOptions,
): Promise<ExitCode> {
  const request = await context
    .connect()
    .post<TriggerRequest>(`/pipelines/${encodeURIComponent(pipeline)}/trigger`, {
      selection: dims ?? {},
      force: force === true,
      ...(step === undefined ? {} : { steps: step }),
    });
  if (context.json) printJson(context, request);
  else
    context.terminal.print(`Asked for (request ${request.id}). Follow it with: meridian status ${pipeline}`);
  return EXIT_CODES.ok;
}
