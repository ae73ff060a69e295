import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { GroupingClose } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { dimsCollector } from './dims-option.js';

interface CloseOptions {
  readonly where?: Dims;
  readonly reason: string;
}

export function addCloseCommand(program: Command, run: Runner): void {
  program
    .command('close')
    .description('Say that nothing more will come, so that incomplete sub-groups are not waited for')
    .argument('<grouping>', 'name of the data grouping')
    .option(
      '--where <name=value>',
      'only sub-groups with this dimension (repeatable)',
      dimsCollector('--where'),
    )
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText('after', examples('close m17 --where night=2026-05-01 --reason "the dome is closed"'))
    .action((grouping: string, options: CloseOptions, command: Command) =>
      run(command, (context) => close(context, grouping, options)),
    );
}

async function close(
  context: CommandContext,
  grouping: string,
  { where, reason }: CloseOptions,
): Promise<ExitCode> {
  const closed = await context
    .connect()
    .post<GroupingClose>(`/groupings/${encodeURIComponent(grouping)}/close`, {
      selection: where ?? {},
      reason,
    });
  if (context.json) printJson(context, closed);
  else context.terminal.print(`Closed: ${closed.sub_groups} sub-groups of ${grouping} are judged again.`);
  return EXIT_CODES.ok;
}
