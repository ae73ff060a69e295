import type { Command } from 'commander';
import type { ResultAsOf } from '../api/provenance-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatDims } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';

interface ResultsOptions {
  readonly asOf: string;
  readonly pipeline?: string;
  readonly step?: string;
  readonly grouping?: string;
  readonly limit: number;
}

export function addResultsCommand(program: Command, run: Runner): void {
  program
    .command('results')
    .description('What was current at a time: of each sub-group the run whose products were its result then')
    .requiredOption('--as-of <time>', 'ISO 8601 with its zone, such as 2026-05-01T12:00:00Z')
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--step <name>', 'only of this step')
    .option('--grouping <name>', 'only of pipelines of this grouping')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .addHelpText('after', examples('results --as-of 2026-05-01T12:00:00Z --pipeline m17 --step mosaic'))
    .action((options: ResultsOptions, command: Command) =>
      run(command, (context) => results(context, options)),
    );
}

async function results(
  context: CommandContext,
  { asOf, pipeline, step, grouping, limit }: ResultsOptions,
): Promise<ExitCode> {
  const found = await context
    .connect()
    .list<ResultAsOf>('/results', { as_of: asOf, pipeline, step, grouping }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('There was no such result then.');
  else {
    const rows = found.map((one) => [
      String(one.sub_group_id),
      `${one.pipeline}/${one.step}`,
      formatDims(one.dims),
      String(one.run_id),
      one.finished_at,
      `${one.software} ${one.software_version}`,
      String(one.products),
      one.replaced_by_run_id === null ? '' : `run ${one.replaced_by_run_id}`,
    ]);
    const head = ['sub-group', 'step', 'dims', 'run', 'finished', 'software', 'products', 'replaced by'];
    context.terminal.print(renderTable({ head, rows, right: [0, 3, 6] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}
