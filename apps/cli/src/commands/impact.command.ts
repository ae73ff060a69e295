import type { Command } from 'commander';
import type { Impact } from '../api/provenance-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';
import { parseSubjectArgument } from './subject-argument.js';

export function addImpactCommand(program: Command, run: Runner): void {
  program
    .command('impact')
    .description(
      'How much was made with an item (a calibration, a raw file), a run, a software version or on a host',
    )
    .argument('<subject>', 'id of an item, or run:5, a software version as name@version, or host:node17')
    .option('--limit <n>', 'list at most so many sub-groups and publications', parseLimit, 100)
    .addHelpText('after', examples('impact 42', 'impact extract@1.2.0', 'impact host:node17 --json'))
    .action((subject: string, { limit }: { limit: number }, command: Command) =>
      run(command, (context) =>
        impact(context, parseSubjectArgument(subject, ['item', 'run', 'software', 'host']), limit),
      ),
    );
}

async function impact(context: CommandContext, of: string, limit: number): Promise<ExitCode> {
  const found = await context.connect().get<Impact>('/impact', { of, limit });
  if (context.json) printJson(context, found);
  else context.terminal.print(impactPage(found, context));
  return EXIT_CODES.ok;
}

/** How much was made with something, for people. */
export function impactPage(
  { of, total, steps, publications }: Impact,
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const { runs, products, current_sub_groups: current, published } = total;
  const summary = `${of}: ${runs} runs, ${products} products; ${current} sub-groups have such a result now, ${published} products are public`;
  const rows = steps.map((step) => [
    `${step.pipeline}/${step.step}`,
    ...[step.runs, step.products, step.current_sub_groups, step.published].map(String),
  ]);
  const head = ['step', 'runs', 'products', 'present results', 'public'];
  return [
    summary,
    ...(rows.length === 0 ? [] : ['', renderTable({ head, rows, right: [1, 2, 3, 4] }, terminal.colors)]),
    ...(publications.length === 0 ? [] : ['', terminal.colors.bold('Public')]),
    ...publications.map(
      ({ id, product_id: product, location, path }) =>
        `publication ${id}: product ${product} at ${location}, ${path}`,
    ),
  ].join('\n');
}
