import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { Failure } from '../api/failure-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatDims } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { collectDims, dimsQuery } from './dims-option.js';
import { parseLimit } from './limit-option.js';

interface FailuresOptions {
  readonly pipeline?: string;
  readonly step?: string;
  readonly items?: boolean;
  readonly dims?: Dims;
  readonly limit: number;
}

export function addFailuresCommand(program: Command, run: Runner): void {
  program
    .command('failures')
    .description('What failed and was not healed since: sub-groups, and items of runs that completed')
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--step <name>', 'only of this step')
    .option('--items', 'only items')
    .option('--dims <name=value>', 'only with this dimension (repeatable)', collectDims)
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .addHelpText('after', examples('failures', 'failures --step extract --items --json'))
    .action((options: FailuresOptions, command: Command) =>
      run(command, (context) => failures(context, options)),
    );
}

async function failures(
  context: CommandContext,
  { pipeline, step, items, dims, limit }: FailuresOptions,
): Promise<ExitCode> {
  const kind = items === true ? 'item' : undefined;
  const query = { pipeline, step, kind, ...dimsQuery(dims ?? {}) };
  const found = await context.connect().list<Failure>('/failures', query, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Nothing failed that was not healed since.');
  else context.terminal.print(failureTable(found, context));
  return EXIT_CODES.ok;
}

/** Failures as a table: what, why, and whether there is an earlier result. */
export function failureTable(
  found: readonly Failure[],
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const rows = found.map((one) => [
    String(one.run_id),
    `${one.pipeline}/${one.step}`,
    formatDims(one.dims),
    one.item ?? '',
    one.failure_class === '' ? one.outcome : one.failure_class,
    one.reason,
    one.kind === 'sub_group' && one.has_result ? 'an earlier one' : '',
  ]);
  const head = ['run', 'step', 'dims', 'item', 'class', 'why', 'result'];
  return renderTable({ head, rows, right: [0] }, terminal.colors);
}
